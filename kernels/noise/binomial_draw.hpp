// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "kernels/noise/pixel_uniforms.hpp"
#include "kernels/noise/poisson_draw.hpp"

// Exact binomial numbers for kernels/noise/noise.hpp, on the host and on GPUs. Private to this folder.

namespace selfsame::binomial {

/// ln k! less Stirling's (k + 1/2) ln k - k + ln(2 pi)/2, k >= 1, without the cancellation of large k.
SELFSAME_HOST_DEVICE inline double stirling_rest(double k) {
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  if (k <= 18.0) {
    return poisson::log_factorial(k) - ((k + 0.5) * std::log(k) - k + kHalfLogTwoPi);
  }
  const double r = 1.0 / k, r2 = r * r;
  return r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680))));
}

/// k ln(k / mean) + mean - k, k > 0, with an error that is small against the result where k is near the mean:
/// Loader, "Fast and accurate computation of binomial probabilities", 2000.
SELFSAME_HOST_DEVICE inline double deviance(double k, double mean) {
  const double difference = k - mean;
  if (std::abs(difference) >= 0.1 * (k + mean)) {
    return k * std::log(k / mean) - difference;
  }
  // Twice the series of artanh(v) for the logarithm; v^2 < 0.01 makes 10 terms enough for a double.
  const double v = difference / (k + mean), v2 = v * v;
  double sum = difference * v, term = 2.0 * k * v;
  for (int j = 1; j <= 10; ++j) {
    term *= v2;
    sum += term / (2 * j + 1);
  }
  return sum;
}

/// ln of the probability of k, less terms that do not depend on k; 0 <= k <= n.
SELFSAME_HOST_DEVICE inline double log_probability(double k, double n, double p) {
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  const double rest = n - k, q = 1.0 - p;
  // What Stirling's formula says of k! (and of (n - k)!): 0! has no such terms.
  const double of_k =
      k > 0.0 ? stirling_rest(k) + 0.5 * std::log(k) + kHalfLogTwoPi + deviance(k, n * p) : n * p;
  const double of_rest =
      rest > 0.0 ? stirling_rest(rest) + 0.5 * std::log(rest) + kHalfLogTwoPi + deviance(rest, n * q) : n * q;
  return -(of_k + of_rest);
}

/// The smallest k whose cumulative probability exceeds u, for n p < 10 and p <= 1/2. Sums are cut off at a k
/// whose tail is far below 2^-53.
SELFSAME_HOST_DEVICE inline double by_inversion(double n, double p, PixelUniforms& uniforms) {
  const double odds = p / (1.0 - p);
  double u = uniforms.next(), probability = std::exp(n * std::log1p(-p)), k = 0.0;
  while (u > probability && k < n && k < 200.0) {
    u -= probability;
    probability *= (n - k) / (k + 1.0) * odds;
    k += 1.0;
  }
  return k;
}

/// Hörmann's BTRS for n p >= 10 and p <= 1/2: "The generation of binomial random variates", Journal of
/// Statistical Computation and Simulation 46, 1993; constants of the paper's algorithm.
SELFSAME_HOST_DEVICE inline double by_transformed_rejection(double n, double p, PixelUniforms& uniforms) {
  const double root = std::sqrt(n * p * (1.0 - p));
  const double b = 1.15 + 2.53 * root, a = -0.0873 + 0.0248 * b + 0.01 * p, centre = n * p + 0.5;
  const double quick = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * root;
  const double log_of_mode = log_probability(std::floor((n + 1.0) * p), n, p);
  while (true) {
    const double u = uniforms.next() - 0.5, v = uniforms.next();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * a / us + b) * u + centre);
    if (us >= 0.07 && v <= quick) {
      return k;
    }
    if (k < 0.0 || k > n) {
      continue;
    }
    if (std::log(v * alpha / (a / (us * us) + b)) <= log_probability(k, n, p) - log_of_mode) {
      return k;
    }
  }
}

/// Successes of n trials with probability p: n a whole number from 0 to 2^52, 0 <= p <= 1.
SELFSAME_HOST_DEVICE inline double draw(double n, double p, PixelUniforms& uniforms) {
  const bool failures = p > 0.5;  // are the rarer
  const double rarer = failures ? 1.0 - p : p;
  const double count =
      n * rarer < 10.0 ? by_inversion(n, rarer, uniforms) : by_transformed_rejection(n, rarer, uniforms);
  return failures ? n - count : count;
}

}  // namespace selfsame::binomial
