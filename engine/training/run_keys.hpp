// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/config/train_config.hpp"

namespace selfsame {

/// What a checkpoint must agree with to be continued: the configuration less what may change between sessions
/// (length, intervals, logging, paths, threads), as canonical JSON.
[[nodiscard]] std::string resume_key(const TrainConfig& config);

/// Equal for configurations that can be lanes of one task: all but what may differ, as canonical JSON.
[[nodiscard]] std::string lane_key(const TrainConfig& config);

}  // namespace selfsame
