// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

namespace selfsame {

/// p-values adjusted for looking at all of them: rejecting those at or below a level keeps the chance of any
/// false rejection below it, whatever their dependence (Holm 1979).
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p);

/// One p-value from several: 1/2 - atan(sum w tan((1/2 - p) pi)) / pi, weights summing to 1. Exact for equal
/// and for independent p-values, and close in between, where Bonferroni's bound is too cautious: tests on
/// parts of one gradient are strongly dependent. Values above 0.99 count as 0.99, so that one part without
/// any sign of bias does not outvote the others. At least the largest and at most `sum of 1/w`-fold smallest
/// value lead it as p goes to 0. Source: Liu, Xie, "Cauchy combination test", JASA 2020.
[[nodiscard]] double cauchy_combination(std::span<const double> p, std::span<const double> weights);

}  // namespace selfsame
