// SPDX-License-Identifier: Apache-2.0
#include "engine/training/early_stopping.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {

EarlyStopping::EarlyStopping(int patience, double min_delta) : patience_(patience), min_delta_(min_delta) {
  if (patience < 0 || !(min_delta >= 0.0)) {
    fail(ErrorKind::kUsage, "early stopping: patience {} and min_delta {} must not be negative", patience,
         min_delta);
  }
}

bool EarlyStopping::on_validation(double metric, bool higher_is_better) {
  bad_ = best_.offer(metric, higher_is_better, min_delta_) ? 0 : bad_ + 1;
  return patience_ > 0 && bad_ >= patience_;
}

std::map<std::string, double> EarlyStopping::state() const {
  return {{"best", best_.value}, {"best_known", best_.known ? 1.0 : 0.0}, {"bad", bad_}};
}

void EarlyStopping::restore(const std::map<std::string, double>& state) {
  best_ = {state_entry(state, "best_known") != 0.0, state_entry(state, "best")};
  bad_ = static_cast<int>(state_entry(state, "bad"));
}

}  // namespace selfsame
