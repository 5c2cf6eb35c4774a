// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <string>
#include <vector>

#include "engine/training/trainer.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {

/// All that a run leaves and tells.
struct LaneRun {
  std::string last, best;                ///< checkpoints, as bytes
  std::vector<std::string> validations;  ///< what callbacks were told, every bit of it
  std::vector<double> losses;            ///< by step
  std::string end, failure;
  friend bool operator==(const LaneRun&, const LaneRun&) = default;
};

inline TrainerCallbacks recording_callbacks(LaneRun& run) {
  TrainerCallbacks callbacks;
  callbacks.on_step = [&run](std::int64_t, const LaneOutcome& outcome, double) {
    run.losses.push_back(outcome.loss);
  };
  callbacks.on_validation = [&run](std::int64_t step, const ValidationResult& r, bool best) {
    run.validations.push_back(fmt::format("{} {:a} {:a} {:a} {}", step, r.psnr, r.loss, r.ssim, best));
  };
  return callbacks;
}

inline std::string checkpoint_bytes(const CheckpointStore& store, CheckpointSlot slot) {
  return std::filesystem::exists(store.path(slot)) ? read_file(store.path(slot), 1 << 24) : std::string();
}

/// Runs side by side in one trainer, each in the folder root/i, continued where that has a checkpoint.
/// @param stop_at  if > 0, a stop is asked for in the callback of the last lane, which never is that far
/// along
///                 when the others have not yet been looked at
inline std::vector<LaneRun> lane_session(const std::vector<TrainConfig>& configs,
                                         const std::vector<std::filesystem::path>& folders, int threads,
                                         std::int64_t stop_at = 0) {
  StopRequest stop;
  const std::unique_ptr<Stream> stream = make_stream(DeviceKind::kCpu, configs[0].precision, threads);
  Trainer trainer(configs, *stream, nullptr);
  std::vector<LaneRun> runs(configs.size());
  std::vector<CheckpointStore> stores;
  std::vector<TrainerCallbacks> callbacks;
  for (std::size_t l = 0; l < configs.size(); ++l) {
    stores.emplace_back(folders[l]);
    callbacks.push_back(recording_callbacks(runs[l]));
    if (stores[l].exists(CheckpointSlot::kLast)) {
      trainer.resume(stores[l], callbacks[l], static_cast<std::int64_t>(l));
    }
  }
  callbacks.back().on_step = [&, record = callbacks.back().on_step](std::int64_t step, const LaneOutcome& o,
                                                                    double lr) {
    record(step, o, lr);
    if (step == stop_at) {
      stop.request(StopCause::kTimeLimit);
    }
  };
  while (trainer.run(stores, stop, callbacks) == TrainEnd::kLaneDone) {
  }
  for (std::size_t l = 0; l < configs.size(); ++l) {
    runs[l].last = checkpoint_bytes(stores[l], CheckpointSlot::kLast);
    runs[l].best = checkpoint_bytes(stores[l], CheckpointSlot::kBest);
    runs[l].end = trainer.state(static_cast<std::int64_t>(l)).end;
    runs[l].failure = trainer.failure(static_cast<std::int64_t>(l));
  }
  return runs;
}

}  // namespace selfsame
