// SPDX-License-Identifier: Apache-2.0
#include "engine/training/run_keys.hpp"

#include "engine/setup/setup.hpp"

namespace selfsame {

std::string resume_key(const TrainConfig& config) {
  TrainConfig key = config;
  const TrainConfig defaults;
  key.name = defaults.name;
  key.device = defaults.device;
  key.threads = defaults.threads;
  key.training.max_time = defaults.training.max_time;
  key.checkpoint = defaults.checkpoint;
  key.logging = defaults.logging;
  if (!std::holds_alternative<CosineScheduleConfig>(key.schedule)) {  // a cosine depends on the length
    key.training.steps = kDefaultSteps;
    key.training.epochs = 0;
  }
  return to_json(key);
}

std::string lane_key(const TrainConfig& config) {
  const TrainConfig defaults;
  TrainConfig key = config;
  key.name = defaults.name;
  key.seed = defaults.seed;
  key.threads = defaults.threads;
  key.data.train_size = defaults.data.train_size;
  key.data.train_seed = defaults.data.train_seed;
  key.checkpoint = defaults.checkpoint;
  key.logging = defaults.logging;
  key.training.max_time = defaults.training.max_time;
  if (auto* image = std::get_if<ImageObjectiveConfig>(&key.objective)) {
    if (make_objective(config)->target_sigma()) {
      image->numbers.erase("sigma");  // that of the targets alone
    }
  }
  return to_json(key);
}

}  // namespace selfsame
