// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/verify/pass_gradients.hpp"

namespace selfsame {

/// The weights of a configuration at the start of its training, half-way and at the end of `steps` steps,
/// with its own objective, batches and schedule. No validation, no files.
/// @param progress  the step that is done; returns false to stop: the points reached so far are returned
/// Errors: those of the data; Error(kDiverged).
[[nodiscard]] std::vector<TrainedPoint> train_points(const TrainConfig& config, std::int64_t steps,
                                                     Stream& stream,
                                                     const std::function<bool(std::int64_t)>& progress);

}  // namespace selfsame
