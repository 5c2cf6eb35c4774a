// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "engine/training/best_metric.hpp"

namespace selfsame {

/// Stops after `patience` validations in a row that are not better than the best by more than `min_delta`.
/// A NaN is not better. patience 0: never stops.
class EarlyStopping {
 public:
  /// Errors: Error(kUsage) for patience < 0 or min_delta < 0.
  EarlyStopping(int patience, double min_delta);

  /// True if the run should stop now.
  bool on_validation(double metric, bool higher_is_better);

  [[nodiscard]] std::map<std::string, double> state() const;
  void restore(const std::map<std::string, double>& state);

 private:
  int patience_;
  double min_delta_;
  BestMetric best_;
  int bad_ = 0;
};

}  // namespace selfsame
