// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "models/subspace/subspace_moments.hpp"

namespace selfsame {

/// What one repeat gives with N examples and one level of target noise.
struct SubspaceFit {
  double early_stopped = 0;     ///< R of the best iterate of gradient descent
  std::int64_t iterations = 0;  ///< of that iterate
  double least_squares = 0;     ///< R of the converged iterate
  double subspace = 0;          ///< R of least squares over W = A U^T; NaN for fewer than d examples
  int evaluations = 0;
};

/// Trains the linear denoiser on the moments of every lane, for every level of target noise, in closed form
/// (SpectralDescent): eigenvectors per lane, everything that they turn by `gemm` with lanes on the stream's
/// device.
/// @param examples  N of the moments
/// @param most      iterations of gradient descent
/// Returns (levels, lanes). Errors: Error(kData) if a step of `step_size` would not be stable for a draw.
[[nodiscard]] std::vector<SubspaceFit> fit_subspace(const SubspaceMoments& moments,
                                                    std::span<const double> basis, std::int64_t examples,
                                                    std::span<const double> target_sigmas, std::int64_t most,
                                                    Stream& stream);

}  // namespace selfsame
