// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

// Cumulative distributions by other means than the samplers', and tests of fit with stated error rates.

namespace selfsame::distributions {

/// P(a, x): the cumulative probability of Gamma(a, scale 1). Series below a + 1, a continued fraction (Lentz)
/// above.
inline double gamma_cdf(double a, double x) {
  if (x <= 0) {
    return 0;
  }
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int i = 1; i < 100000 && term > 1e-17 * sum; ++i) {
      term *= x / (a + i);
      sum += term;
    }
    return front * sum;
  }
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int i = 1; i < 100000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= c * d;
    if (std::abs(c * d - 1) < 1e-15) {
      break;
    }
  }
  return 1 - front * h;
}

/// I_x(a, b): the cumulative probability of Beta(a, b), by its continued fraction.
inline double beta_cdf(double a, double b, double x) {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  if (x > (a + 1) / (a + b + 2)) {
    return 1 - beta_cdf(b, a, 1 - x);
  }
  const double front =
      std::exp(a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b)) /
      a;
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), h = d;
  for (int m = 1; m < 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    h *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    h *= c * d;
    if (std::abs(c * d - 1) < 1e-15) {
      break;
    }
  }
  return front * h;
}

inline double binomial_pmf(double k, double n, double p) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}
inline double poisson_pmf(double k, double mean) {
  return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
}

/// sqrt(n) times the largest difference between the empirical distribution and `cdf`. Of the right
/// distribution it exceeds kKolmogorov once in 10^6: 2 exp(-2 * 2.7^2).
constexpr double kKolmogorov = 2.7;
template <typename F>
double kolmogorov(std::vector<double> draws, F&& cdf) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double worst = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double at = cdf(draws[i]), below = static_cast<double>(i) / n, above = below + 1 / n;
    worst = std::max({worst, above - at, at - below});
  }
  return std::sqrt(n) * worst;
}

/// A chi-square variable with d degrees of freedom exceeds this less than once in 10^5.
inline double chi_square_bound(double d) { return d + 5 * std::sqrt(2 * d) + 10; }

/// Bins with fewer than 10 expected are put together.
struct ChiSquare {
  double sum = 0, bins = 0, rest = 0, rest_expected = 0;
  void add(double observed, double expected) {
    if (expected < 10) {
      rest += observed, rest_expected += expected;
      return;
    }
    sum += (observed - expected) * (observed - expected) / expected;
    bins += 1;
  }
  /// Call once, last.
  bool fits() {
    if (rest_expected > 1) {
      sum += (rest - rest_expected) * (rest - rest_expected) / rest_expected;
      bins += 1;
    }
    return sum < chi_square_bound(bins);
  }
};

}  // namespace selfsame::distributions
