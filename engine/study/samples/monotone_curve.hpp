// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

namespace selfsame {

/// The falling sequence nearest to `values` in weighted squares: neighbours that rise become their weighted
/// mean (pool adjacent violators).
/// Source: Ayer, Brunk, Ewing, Reid, Silverman, Ann. Math. Stat. 26 (1955).
[[nodiscard]] std::vector<double> falling_fit(std::span<const double> values,
                                              std::span<const double> weights);

/// Where a falling curve, linear between its points, takes a value.
struct CurvePlace {
  enum class Side { kOn, kAbove, kBelow };
  Side side = Side::kOn;
  double x = 0;  ///< the smallest x with curve(x) <= value; beyond the curve, its end on that side
};
/// kAbove: `value` is above the curve's first point, so that it belongs to an x below x[0], x = x[0].
/// kBelow: it is below the last, x = x.back().
/// @param x  rising, as many as `falling`, at least one
[[nodiscard]] CurvePlace place_on_curve(std::span<const double> x, std::span<const double> falling,
                                        double value);

}  // namespace selfsame
