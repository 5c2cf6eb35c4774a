// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/bessel.hpp"

#include <cmath>
#include <numbers>

namespace selfsame {
namespace {

constexpr double kAsymptotic = 25.0;

double by_recurrence(double x) {
  // J_m(x) is below 1e-20 for m = x + 40 when x <= 25: the start does not matter.
  const int start = 2 * ((static_cast<int>(x) + 42) / 2);
  double above = 0.0, here = 1e-280, even_sum = 0.0;  // J_{m+1}, J_m
  for (int m = start; m > 1; --m) {
    if (m % 2 == 0) {
      even_sum += here;
    }
    const double below = 2.0 * m / x * here - above;
    above = here;
    here = below;
    if (std::abs(here) > 1e200) {
      above *= 1e-200;
      here *= 1e-200;
      even_sum *= 1e-200;
    }
  }
  const double zeroth = 2.0 / x * here - above;
  return here / (zeroth + 2.0 * even_sum);
}

double by_asymptotics(double x) {
  // P and Q of J1(x) = sqrt(2 / (pi x)) (P cos c - Q sin c), c = x - 3 pi / 4; term k has the factor
  // (4 - 1)(4 - 9) ... (4 - (2 k - 1)^2) / (k! (8 x)^k).
  double p = 1.0, q = 0.0, term = 1.0;
  for (int k = 1; k < 60; ++k) {
    const double odd = 2.0 * k - 1.0, factor = (4.0 - odd * odd) / (8.0 * x * k);
    if (std::abs(factor) >= 1.0) {
      break;  // from here on the terms grow
    }
    term *= factor;
    switch (k % 4) {
      case 0:
        p += term;
        break;
      case 1:
        q += term;
        break;
      case 2:
        p -= term;
        break;
      default:
        q -= term;
    }
    if (std::abs(term) < 1e-18) {
      break;
    }
  }
  // cos c = (sin x - cos x) / sqrt 2, sin c = -(sin x + cos x) / sqrt 2: no digits of x are lost.
  const double s = std::sin(x), c = std::cos(x);
  return (p * (s - c) + q * (s + c)) / std::sqrt(std::numbers::pi * x);
}

}  // namespace

double bessel_j1(double x) {
  const double size = std::abs(x);
  const double value = size < 1e-8          ? 0.5 * size
                       : size < kAsymptotic ? by_recurrence(size)
                                            : by_asymptotics(size);
  return std::signbit(x) ? -value : value;
}

double bessel_j1_over_x(double x) { return std::abs(x) < 1e-8 ? 0.5 : bessel_j1(x) / x; }

}  // namespace selfsame
