// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "models/subspace/subspace_moments.hpp"

namespace selfsame {

/// Gradient descent on |W Y - Y'|_F^2/2 from W = 0, step by step, all lanes at once:
///
///   W <- W - step (W Y Y^T - Y' Y^T) = W (I - step Y Y^T) + step Y' Y^T
///
/// one `gemm` per step on the stream's device. This is the training that SpectralDescent replaces; tests hold
/// the two against each other.
/// Returns W_iterations, (L, n, n).
[[nodiscard]] std::vector<double> descend_by_steps(const SubspaceMoments& moments,
                                                   std::span<const double> basis, double target_sigma,
                                                   double step, std::int64_t iterations, Stream& stream);

}  // namespace selfsame
