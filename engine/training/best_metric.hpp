// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

namespace selfsame {

/// True if `metric` is better than `best` by more than `margin`. False for NaN.
[[nodiscard]] constexpr bool is_better(double metric, double best, bool higher_is_better,
                                       double margin = 0.0) {
  return higher_is_better ? metric > best + margin : metric < best - margin;
}

/// The best metric of a sequence. Before the first number there is none; every number beats none, a NaN does
/// not.
struct BestMetric {
  bool known = false;
  double value = 0.0;

  /// Takes `metric` if it is better by more than `margin`, and says so.
  bool offer(double metric, bool higher_is_better, double margin = 0.0) {
    const bool better = known ? is_better(metric, value, higher_is_better, margin) : metric == metric;
    if (better) {
      known = true;
      value = metric;
    }
    return better;
  }
};

/// Reads an entry of a checkpoint's state; throws Error(kData) naming it if it is missing.
[[nodiscard]] double state_entry(const std::map<std::string, double>& state, const std::string& name);

}  // namespace selfsame
