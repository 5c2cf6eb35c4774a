// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kLargest = 0.99;  // see the header
constexpr double kSmall = 1e-15;   // below, tan((1/2 - p) pi) = 1 / (p pi) to double precision

}  // namespace

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, p[order[rank]] * static_cast<double>(p.size() - rank)));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

double cauchy_combination(std::span<const double> p, std::span<const double> weights) {
  SELFSAME_CHECK(!p.empty() && p.size() == weights.size(), "{} p-values, {} weights", p.size(),
                 weights.size());
  double statistic = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    SELFSAME_CHECK(p[i] >= 0 && p[i] <= 1, "p-value {}", p[i]);
    const double value = std::min(p[i], kLargest);
    statistic += weights[i] * (value > kSmall ? std::tan((0.5 - value) * std::numbers::pi)
                                              : 1 / (value * std::numbers::pi));
  }
  // 1/2 - atan(t) / pi, without cancellation for large t; 1 / infinity = 0.
  return statistic > 1 ? std::atan(1 / statistic) / std::numbers::pi
                       : 0.5 - std::atan(statistic) / std::numbers::pi;
}

}  // namespace selfsame
