// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

namespace selfsame {

/// p-values adjusted for looking at all of them: rejecting those at or below a level keeps the chance of any
/// false rejection below it, whatever their dependence (Holm 1979).
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace selfsame
