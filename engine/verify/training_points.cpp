// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/training_points.hpp"

#include "engine/setup/setup.hpp"
#include "engine/training/training_step.hpp"
#include "engine/training/training_task.hpp"

namespace selfsame {
namespace {

TrainedPoint snapshot(TrainingStep& step, std::string name) {
  step.to_host();
  const Parameters& p = step.parameters();
  return {std::move(name),
          {p.host_values<float>(), p.host_values<float>() + p.lane_size()},
          {p.host_buffers<float>(), p.host_buffers<float>() + p.buffer_lane_size()}};
}

}  // namespace

std::vector<TrainedPoint> train_points(const TrainConfig& config, std::int64_t steps, Stream& stream,
                                       const std::function<bool(std::int64_t)>& progress) {
  const std::unique_ptr<TrainingTask> task = make_task({&config, 1}, stream);
  TrainingStepOptions options;
  options.optimizer = optimizer_options(config.optimizer);
  options.clip_norm = config.optimizer.clip_norm;
  TrainingStep step(task->pass(), options, stream);
  step.initialise(0, static_cast<std::uint64_t>(config.seed));
  const double steps_per_epoch =
      static_cast<double>(task->train_count()) / static_cast<double>(config.training.batch);
  const auto schedule =
      make_schedule(schedule_options(config, std::max<std::int64_t>(1, steps), steps_per_epoch));
  std::vector<TrainedPoint> points{snapshot(step, "initial")};
  std::vector<LaneRequest> request(1);
  std::vector<LaneOutcome> outcome(1);
  for (std::int64_t i = 0; i < steps; ++i) {
    task->next_batch();
    request[0].lr = schedule->lr_for_step(i);
    request[0].step = i + 1;
    step.run(request, outcome);
    if (!outcome[0].diverged.empty()) {
      fail(ErrorKind::kDiverged, "step {}: {}", i + 1, outcome[0].diverged);
    }
    if (i + 1 == steps / 2 || i + 1 == steps) {
      points.push_back(snapshot(step, fmt::format("step {}", i + 1)));
    }
    if (!progress(i + 1)) {
      break;
    }
  }
  return points;
}

}  // namespace selfsame
