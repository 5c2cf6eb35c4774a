// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/monotone_curve.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {

std::vector<double> falling_fit(std::span<const double> values, std::span<const double> weights) {
  SELFSAME_CHECK(values.size() == weights.size(), "{} values with {} weights", values.size(), weights.size());
  struct Pool {
    double mean, weight;
    std::size_t count;
  };
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < values.size(); ++i) {
    SELFSAME_CHECK(weights[i] > 0, "weight {} of value {}", weights[i], i);
    Pool last{values[i], weights[i], 1};
    while (!pools.empty() && pools.back().mean < last.mean) {
      const Pool& before = pools.back();
      const double weight = before.weight + last.weight;
      last = {(before.mean * before.weight + last.mean * last.weight) / weight, weight,
              before.count + last.count};
      pools.pop_back();
    }
    pools.push_back(last);
  }
  std::vector<double> fit;
  for (const Pool& pool : pools) {
    fit.insert(fit.end(), pool.count, pool.mean);
  }
  return fit;
}

CurvePlace place_on_curve(std::span<const double> x, std::span<const double> falling, double value) {
  SELFSAME_CHECK(!x.empty() && x.size() == falling.size(), "a curve of {} x and {} y", x.size(),
                 falling.size());
  if (value > falling.front()) {
    return {CurvePlace::Side::kAbove, x.front()};
  }
  if (value < falling.back()) {
    return {CurvePlace::Side::kBelow, x.back()};
  }
  std::size_t i = 0;
  while (falling[i] > value) {
    ++i;
  }
  if (i == 0) {
    return {CurvePlace::Side::kOn, x.front()};
  }
  const double part = (falling[i - 1] - value) / (falling[i - 1] - falling[i]);
  return {CurvePlace::Side::kOn, x[i - 1] + part * (x[i] - x[i - 1])};
}

}  // namespace selfsame
