// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_store.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/run_folder.hpp"
#include "engine/run/stop_request.hpp"
#include "engine/setup/setup.hpp"
#include "engine/training/early_stopping.hpp"
#include "engine/training/run_keys.hpp"
#include "engine/training/training_step.hpp"
#include "engine/training/training_task.hpp"

namespace selfsame {

/// Where a run is: everything that is not a weight and that the next step depends on. Stored with every
/// checkpoint, and free of clocks, so that a resumed run writes the same bytes as one that was never stopped.
struct RunState {
  std::int64_t step = 0;  ///< finished
  std::int64_t updates = 0;
  BestMetric best;
  std::int64_t best_step = 0;
  std::string end;              ///< empty, or what ended the run: "length", "schedule", "early stopping"
  double loss_sum = 0;          ///< of the steps since the last validation
  std::int64_t loss_steps = 0;  ///< their number
  [[nodiscard]] bool finished() const { return !end.empty(); }
};

struct TrainerCallbacks {
  std::function<void(std::string_view)> message = [](std::string_view) {};
  /// After every step, before the stop request is looked at.
  std::function<void(std::int64_t step, const LaneOutcome&, double lr)> on_step = [](auto, const auto&,
                                                                                     auto) {};
  std::function<void(std::int64_t step, const ValidationResult&, bool best)> on_validation =
      [](auto, const auto&, auto) {};
  std::function<void(std::int64_t step)> on_resume = [](auto) {};
};

enum class TrainEnd {
  kDone,      ///< every run is
  kStopped,   ///< on request
  kLaneDone,  ///< one run or more; others are not
};

/// One training run, or several side by side, each a lane of its own: batches, steps, validation, schedule,
/// checkpoints. A run's results depend on its configuration alone: not on threads, on interruptions, on the
/// clock or on the runs beside it, which may be at any other step.
class Trainer {
 public:
  /// Opens the data and takes all memory. Errors: those of the data and the plan.
  Trainer(const TrainConfig& config, Stream& stream) : Trainer({&config, 1}, stream, nullptr) {}
  /// @param runs    of one lane_key
  /// @param shared  see make_task
  Trainer(std::span<const TrainConfig> runs, Stream& stream, SharedSources* shared);

  /// Continues a lane from the store's `last` checkpoint, and lets the next step begin where all lanes are.
  /// Errors: Error(kData) if there is none that is whole, or if it belongs to another configuration.
  void resume(const CheckpointStore& store, TrainerCallbacks& callbacks, std::int64_t lane = 0);

  /// Trains until a run ends or until a stop is requested; `last` is saved either way.
  /// Errors: Error(kDiverged) naming tensor and examples, before the weights change; nothing is saved then.
  TrainEnd run(const CheckpointStore& store, StopRequest& stop, TrainerCallbacks& callbacks);
  /// The same of all lanes; a run that diverged ends with a failure() instead of an error.
  /// @param stores, callbacks  by lane
  TrainEnd run(std::span<const CheckpointStore> stores, StopRequest& stop,
               std::span<TrainerCallbacks> callbacks);
  /// Saves `last` of every lane that trains, for a trainer that will continue with other lanes beside it.
  void save(std::span<const CheckpointStore> stores);
  /// Why a lane's run ended without a result, else empty.
  [[nodiscard]] const std::string& failure(std::int64_t lane) const { return at(lane).failure; }
  /// What of a failure depends on the run alone: not the first tensor that was found damaged, which depends
  /// on whose memory it shares.
  [[nodiscard]] const std::string& cause(std::int64_t lane) const { return at(lane).cause; }

  /// Puts the weights of the store's best checkpoint in the place of the present ones.
  void load_best(const CheckpointStore& store, std::int64_t lane = 0);
  /// The weights that are evaluated and the buffers of a lane, in the device's memory.
  [[nodiscard]] const float* values(std::int64_t lane) const { return step_->best_values(lane); }
  [[nodiscard]] const float* buffers(std::int64_t lane) const;

  [[nodiscard]] std::int64_t lanes() const { return static_cast<std::int64_t>(lanes_.size()); }
  [[nodiscard]] const RunState& state(std::int64_t lane = 0) const { return at(lane).state; }
  [[nodiscard]] const RunLength& length(std::int64_t lane = 0) const { return at(lane).length; }
  [[nodiscard]] const TrainingTask& task() const { return *task_; }
  [[nodiscard]] const TrainingStep& step() const { return *step_; }
  [[nodiscard]] bool higher_is_better() const {
    return lanes_[0].config.validation.metric != ValidationConfig::Metric::kLoss;
  }
  /// Bytes of all buffers: the step's plan, the validation's passes, and the larger of their workspaces.
  [[nodiscard]] std::size_t planned_bytes() const;
  /// Bytes of the tensors of one checkpoint.
  [[nodiscard]] std::size_t checkpoint_bytes() const;

  struct Timing {
    double step_seconds = 0, validation_seconds = 0;
  };
  /// For a dry run: the median of `count` steps on the run's own batches, after one that is not counted, and
  /// one validation. Nothing is saved and no callback called, but weights and moments change: the trainer
  /// cannot train afterwards. Errors: Error(kDiverged).
  [[nodiscard]] Timing measure(int count);

  /// Validates the weights that are evaluated now; no schedule or checkpoint learns of it.
  [[nodiscard]] ValidationResult validate(std::int64_t lane = 0);
  /// The first validation images as those weights see them.
  [[nodiscard]] std::vector<ExampleImage> pictures(std::size_t count);

 private:
  struct Lane {
    TrainConfig config;
    RunLength length;
    std::unique_ptr<Schedule> schedule;
    EarlyStopping early_stopping;
    RunState state;
    std::string failure, cause;
    [[nodiscard]] bool trains() const {
      return failure.empty() && !state.finished() && state.step < length.total_steps;
    }
  };
  [[nodiscard]] const Lane& at(std::int64_t lane) const { return lanes_.at(static_cast<std::size_t>(lane)); }
  [[nodiscard]] Lane& at(std::int64_t lane) { return lanes_.at(static_cast<std::size_t>(lane)); }

  void save(const CheckpointStore& store, CheckpointSlot slot, std::int64_t lane);
  void load(const SafetensorsFile& file, bool weights_only, std::int64_t lane);
  [[nodiscard]] std::vector<StoredTensor> stored_tensors(std::int64_t lane) const;
  [[nodiscard]] std::vector<TensorDestination> destinations(std::vector<std::string>& prefixes,
                                                            std::int64_t lane) const;
  [[nodiscard]] Metadata metadata(std::int64_t lane) const;
  void restore_state(const SafetensorsFile& file, std::int64_t lane);
  void seek();
  void train_step();
  [[nodiscard]] std::string examples_text(const LaneOutcome& outcome) const;
  [[nodiscard]] std::string divergence_cause(std::int64_t lane) const;
  [[nodiscard]] std::string divergence_text(std::int64_t lane) const;
  void validate(const CheckpointStore& store, TrainerCallbacks& callbacks, std::int64_t lane);

  Stream& stream_;
  std::unique_ptr<TrainingTask> task_;
  std::vector<Lane> lanes_;
  std::unique_ptr<TrainingStep> step_;
  std::vector<LaneRequest> requests_;
  std::vector<LaneOutcome> outcomes_;
};

}  // namespace selfsame
