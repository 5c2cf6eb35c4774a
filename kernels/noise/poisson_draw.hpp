// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/device/bf16.hpp"
#include "kernels/device/philox.hpp"
#include "kernels/noise/pixel_uniforms.hpp"

// Exact Poisson numbers for kernels/noise/noise.hpp, from a substream of Philox groups that belongs to one
// pixel; on the host and on GPUs. Private to this folder.

namespace selfsame::poisson {

/// ln k!. Exact products up to 18! < 2^53; above, Stirling's series, whose error is below 1/(1188 k^9) <
/// 4e-15.
SELFSAME_HOST_DEVICE inline double log_factorial(double k) {
  if (k <= 18.0) {
    double product = 1.0;
    for (double i = 2.0; i <= k; i += 1.0) {
      product *= i;
    }
    return std::log(product);
  }
  const double r = 1.0 / k, r2 = r * r;
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  return (k + 0.5) * std::log(k) - k + kHalfLogTwoPi +
         r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680))));
}

/// The smallest k whose cumulative probability exceeds u. Sums are cut off at a k whose tail is far below
/// 2^-53.
SELFSAME_HOST_DEVICE inline double by_inversion(double mean, PixelUniforms& uniforms) {
  double u = uniforms.next(), p = std::exp(-mean), k = 0.0;
  while (u > p && k < 200.0) {
    u -= p;
    k += 1.0;
    p *= mean / k;
  }
  return k;
}

/// Hörmann's PTRS for means of 10 and more; constants of the paper's algorithm.
SELFSAME_HOST_DEVICE inline double by_transformed_rejection(double mean, PixelUniforms& uniforms) {
  const double log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), quick = 0.9277 - 3.6224 / (b - 2.0);
  while (true) {
    const double u = uniforms.next() - 0.5, v = uniforms.next();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= quick) {
      return k;
    }
    if (k < 0.0 || (us < 0.013 && v > us)) {
      continue;
    }
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k)) {
      return k;
    }
  }
}

/// A count for a mean above 0 and below 2^52.
SELFSAME_HOST_DEVICE inline double draw(double mean, const RandomStream& random, std::uint64_t pixel) {
  PixelUniforms uniforms(random, pixel);
  return mean < 10.0 ? by_inversion(mean, uniforms) : by_transformed_rejection(mean, uniforms);
}

/// Beyond it a double cannot hold every count.
constexpr double kCountable = 4503599627370496.0;  // 2^52

}  // namespace selfsame::poisson
