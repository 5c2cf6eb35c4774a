// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/device/bf16.hpp"

// What a plane's sums become, for every version of the op. Private to this folder.

namespace selfsame::standardize {

/// D of the variance.
[[nodiscard]] SELFSAME_HOST_DEVICE inline double divisor(std::int64_t pixels, bool unbiased) {
  const double d = static_cast<double>(unbiased ? pixels - 1 : pixels);
  return d < 1.0 ? 1.0 : d;
}

[[nodiscard]] SELFSAME_HOST_DEVICE inline double factor(double std, double eps) {
  return std > 0 ? 1.0 / (std + eps) : 0.0;
}

/// dx = slope * dy + offset + tilt * y
struct Backward {
  double slope, offset, tilt;
};

[[nodiscard]] SELFSAME_HOST_DEVICE inline Backward backward_terms(double sum_d, double sum_dy, double std,
                                                                  double dmean, double dstd, double eps,
                                                                  double divisor, std::int64_t pixels) {
  const double m = static_cast<double>(pixels), r = factor(std, eps);
  const double tilt = std > 0 ? (std + eps) / (divisor * std) * (dstd - r * sum_dy) : 0.0;
  return {r, (dmean - r * sum_d) / m, tilt};
}

}  // namespace selfsame::standardize
