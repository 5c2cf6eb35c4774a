// SPDX-License-Identifier: Apache-2.0
#include "engine/training/best_metric.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {

double state_entry(const std::map<std::string, double>& state, const std::string& name) {
  const auto entry = state.find(name);
  if (entry == state.end()) {
    fail(ErrorKind::kData, "checkpoint: the training state has no entry '{}'", name);
  }
  return entry->second;
}

}  // namespace selfsame
