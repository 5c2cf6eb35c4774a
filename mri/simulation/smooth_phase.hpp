// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

namespace selfsame {

/// A smooth random phase (h, w) in radians, as an inhomogeneous field and the receive chain leave it in an
/// image:
///
///   phase(p) = offset + strength * (g(p) - mean g) / sd g
///   g(p) = a u + b v + sum over (k, l), 1 <= k + l <= 3, of c_kl cos(pi k u) cos(pi l v) / (k^2 + l^2)
///
/// with u, v in (0, 1) over the columns and rows, a, b and c standard normal, offset uniform in (0, 2 pi],
/// all of RandomPurpose::kPhase: a function of (seed, example, h, w) alone. `strength` is therefore the
/// standard deviation of the phase over the pixels. Strength 0 gives zeros, the offset too. A single pixel
/// has the offset alone. Errors: Error(kUsage) unless 0 <= strength <= 100.
[[nodiscard]] std::vector<double> smooth_phase(std::int64_t h, std::int64_t w, double strength,
                                               std::uint64_t seed, std::uint32_t example);

}  // namespace selfsame
