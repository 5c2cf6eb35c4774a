// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_store.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/run_folder.hpp"
#include "engine/run/stop_request.hpp"
#include "engine/setup/setup.hpp"
#include "engine/training/early_stopping.hpp"
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
  std::string end;  ///< empty, or what ended the run: "length", "schedule", "early stopping"
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

enum class TrainEnd { kDone, kStopped };

/// One training run: batches, steps, validation, schedule, checkpoints. Its results depend on the
/// configuration alone: not on threads, on interruptions or on the clock.
class Trainer {
 public:
  /// Opens the data and takes all memory. Errors: those of the data and the plan.
  Trainer(const TrainConfig& config, Stream& stream);

  /// Continues from the store's `last` checkpoint. Errors: Error(kData) if there is none that is whole, or if
  /// it belongs to another configuration.
  void resume(const CheckpointStore& store, TrainerCallbacks& callbacks);

  /// Trains until the end or until a stop is requested; `last` is saved either way.
  /// Errors: Error(kDiverged) naming tensor and examples, before the weights change; nothing is saved then.
  TrainEnd run(const CheckpointStore& store, StopRequest& stop, TrainerCallbacks& callbacks);

  /// Puts the weights of the store's best checkpoint in the place of the present ones.
  void load_best(const CheckpointStore& store);

  [[nodiscard]] const RunState& state() const { return state_; }
  [[nodiscard]] const RunLength& length() const { return length_; }
  [[nodiscard]] const TrainingTask& task() const { return *task_; }
  [[nodiscard]] const TrainingStep& step() const { return *step_; }
  [[nodiscard]] bool higher_is_better() const {
    return config_.validation.metric != ValidationConfig::Metric::kLoss;
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
  [[nodiscard]] ValidationResult validate();
  /// The first validation images as those weights see them.
  [[nodiscard]] std::vector<ExampleImage> pictures(std::size_t count);

 private:
  void save(const CheckpointStore& store, CheckpointSlot slot);
  void load(const SafetensorsFile& file, bool weights_only);
  [[nodiscard]] std::vector<StoredTensor> stored_tensors() const;
  [[nodiscard]] std::vector<TensorDestination> destinations(std::vector<std::string>& prefixes) const;
  [[nodiscard]] Metadata metadata() const;
  void restore_state(const SafetensorsFile& file);
  [[noreturn]] void report_divergence(const LaneOutcome& outcome);
  void validate(const CheckpointStore& store, TrainerCallbacks& callbacks);

  TrainConfig config_;
  Stream& stream_;
  std::unique_ptr<TrainingTask> task_;
  RunLength length_;
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<Schedule> schedule_;
  EarlyStopping early_stopping_;
  RunState state_;
};

/// What a checkpoint must agree with to be continued: the configuration less what may change between sessions
/// (length, intervals, logging, paths, threads), as canonical JSON.
[[nodiscard]] std::string resume_key(const TrainConfig& config);

}  // namespace selfsame
