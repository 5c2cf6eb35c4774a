// SPDX-License-Identifier: Apache-2.0
#include "engine/training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/checkpoint/exact.hpp"

namespace selfsame {
namespace {

constexpr const char* kEndOfLength = "length";

void put_all(Metadata& metadata, const std::string& prefix, const StateMap& state) {
  for (const auto& [name, value] : state) {
    metadata[prefix + name] = to_exact(value);
  }
}

StateMap take_all(const Metadata& metadata, const std::string& prefix) {
  StateMap state;
  for (const auto& [name, value] : metadata) {
    if (name.starts_with(prefix)) {
      state[name.substr(prefix.size())] = from_exact(value);
    }
  }
  return state;
}

}  // namespace

Trainer::Trainer(std::span<const TrainConfig> runs, Stream& stream, SharedSources* shared)
    : stream_(stream),
      task_(make_task(runs, stream, shared)),
      requests_(runs.size()),
      outcomes_(runs.size()) {
  const TrainConfig& first = runs[0];
  TrainingStepOptions options;
  options.optimizer = optimizer_options(first.optimizer);
  options.clip_norm = first.optimizer.clip_norm;
  options.ema_decay = first.optimizer.ema;
  step_ = std::make_unique<TrainingStep>(task_->pass(), options, stream);
  for (const TrainConfig& config : runs) {
    const std::int64_t lane = lanes();
    const RunLength length = run_length(config, task_->train_count(lane));
    lanes_.push_back({config,
                      length,
                      make_schedule(schedule_options(config, length.total_steps, length.steps_per_epoch)),
                      {static_cast<int>(config.training.early_stopping.patience),
                       config.training.early_stopping.min_delta},
                      {},
                      {},
                      {}});
    step_->initialise(lane, static_cast<std::uint64_t>(config.seed));
  }
}

std::size_t Trainer::planned_bytes() const {
  const MemoryPlan& plan = step_->plan();
  return plan.bytes(MemoryPlan::Arena::kParameters) + plan.bytes(MemoryPlan::Arena::kActivations) +
         stream_.workspace_bytes() + task_->validation_bytes();
}

const float* Trainer::buffers(std::int64_t lane) const {
  const Parameters& p = step_->parameters();
  return p.buffers<float>() == nullptr ? nullptr : p.buffers<float>() + lane * p.buffer_lane_size();
}

ValidationResult Trainer::validate(std::int64_t lane) {
  return mean_of(task_->validate(lane, values(lane), buffers(lane)));
}

std::vector<ExampleImage> Trainer::pictures(std::size_t count) {
  return task_->pictures(values(0), buffers(0), count);
}

std::size_t Trainer::checkpoint_bytes() const {
  std::size_t bytes = 0;
  for (const StoredTensor& tensor : stored_tensors(0)) {
    bytes += tensor.bytes.size();
  }
  return bytes;
}

Trainer::Timing Trainer::measure(int count) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  std::vector<double> seconds;
  for (int i = 0; i <= count; ++i) {
    const auto started = Clock::now();
    train_step();
    if (!outcomes_[0].diverged.empty()) {
      fail(ErrorKind::kDiverged, "{}", divergence_text(0));
    }
    if (i > 0) {
      seconds.push_back(seconds_since(started));
    }
  }
  std::sort(seconds.begin(), seconds.end());
  Timing timing;
  timing.step_seconds = seconds[seconds.size() / 2];
  const auto started = Clock::now();
  static_cast<void>(validate());
  timing.validation_seconds = seconds_since(started);
  return timing;
}

// ---- checkpoints
// --------------------------------------------------------------------------------------------

std::vector<TensorDestination> Trainer::destinations(std::vector<std::string>& prefixes,
                                                     std::int64_t lane) const {
  struct Group {
    const char* prefix;
    float* trainable;
    float* buffers;
  };
  Parameters& p = step_->parameters();
  float* buffers = p.host_buffers<float>();
  const Group groups[] = {{"model.", p.host_values<float>() + lane * p.lane_size(),
                           buffers == nullptr ? nullptr : buffers + lane * p.buffer_lane_size()},
                          {"ema.", step_->ema(lane), nullptr},
                          {"optim.moment1.", step_->moment1(lane), nullptr},
                          {"optim.moment2.", step_->moment2(lane), nullptr}};
  std::vector<TensorDestination> all;
  for (const Group& group : groups) {
    if (group.trainable == nullptr) {
      continue;
    }
    prefixes.emplace_back(group.prefix);
    for (const ParameterInfo& info : p.table().tensors()) {
      float* arena = info.trainable ? group.trainable : group.buffers;
      if (arena != nullptr) {
        all.push_back({group.prefix + info.name, info.shape, arena + info.offset});
      }
    }
  }
  return all;
}

std::vector<StoredTensor> Trainer::stored_tensors(std::int64_t lane) const {
  std::vector<std::string> prefixes;
  std::vector<StoredTensor> stored;
  for (const TensorDestination& t : destinations(prefixes, lane)) {
    std::size_t count = 1;
    for (const std::int64_t d : t.shape) {
      count *= static_cast<std::size_t>(d);
    }
    stored.push_back(float_tensor(t.name, t.shape, {t.data, count}));
  }
  return stored;
}

Metadata Trainer::metadata(std::int64_t lane) const {
  const Lane& run = at(lane);
  Metadata m;
  m["format"] = "selfsame.checkpoint.1";
  m["step"] = fmt::format("{}", run.state.step);
  m["updates"] = fmt::format("{}", run.state.updates);
  m["best_known"] = fmt::format("{}", run.state.best.known ? 1 : 0);
  m["best_value"] = to_exact(run.state.best.value);
  m["best_step"] = fmt::format("{}", run.state.best_step);
  m["end"] = run.state.end;
  m["loss_sum"] = to_exact(run.state.loss_sum);
  m["loss_steps"] = fmt::format("{}", run.state.loss_steps);
  m["resume_key"] = resume_key(run.config);
  m["model"] = to_json(run.config.model);
  m["objective"] = objective_name(run.config.objective);
  put_all(m, "schedule.", run.schedule->state());
  put_all(m, "early_stopping.", run.early_stopping.state());
  return m;
}

void Trainer::save(const CheckpointStore& store, CheckpointSlot slot, std::int64_t lane) {
  step_->to_host();
  store.save(slot, stored_tensors(lane), metadata(lane));
}

void Trainer::load(const SafetensorsFile& file, bool weights_only, std::int64_t lane) {
  step_->to_host();  // the other lanes stay as they are
  std::vector<std::string> prefixes;
  const std::vector<TensorDestination> all = destinations(prefixes, lane);
  for (const std::string& prefix : prefixes) {
    std::vector<TensorDestination> group;
    for (const TensorDestination& t : all) {
      if (t.name.starts_with(prefix)) {
        group.push_back(t);
      }
    }
    load_into(group, file, prefix, LoadTypes::kFloat32Only);
  }
  step_->to_device();
  at(lane).state.updates = std::stoll(metadata_at(file, "updates"));
  if (!weights_only) {
    restore_state(file, lane);
  }
}

void Trainer::load_best(const CheckpointStore& store, std::int64_t lane) {
  load(store.load(CheckpointSlot::kBest).file, true, lane);
}

void Trainer::restore_state(const SafetensorsFile& file, std::int64_t lane) {
  Lane& run = at(lane);
  run.state.step = std::stoll(metadata_at(file, "step"));
  run.state.best.known = metadata_at(file, "best_known") == "1";
  run.state.best.value = from_exact(metadata_at(file, "best_value"));
  run.state.best_step = std::stoll(metadata_at(file, "best_step"));
  run.state.end = metadata_at(file, "end");
  run.state.loss_sum = from_exact(metadata_at(file, "loss_sum"));
  run.state.loss_steps = std::stoll(metadata_at(file, "loss_steps"));
  run.schedule->restore(take_all(file.metadata(), "schedule."));
  run.early_stopping.restore(take_all(file.metadata(), "early_stopping."));
}

void Trainer::seek() {
  std::vector<std::int64_t> steps;
  for (const Lane& run : lanes_) {
    steps.push_back(run.state.step);
  }
  task_->seek(steps);
}

void Trainer::resume(const CheckpointStore& store, TrainerCallbacks& callbacks, std::int64_t lane) {
  Lane& run = at(lane);
  const CheckpointStore::Loaded loaded = store.load(CheckpointSlot::kLast);
  if (!loaded.warning.empty()) {
    callbacks.message(loaded.warning);
  }
  if (metadata_at(loaded.file, "resume_key") != resume_key(run.config)) {
    fail(ErrorKind::kUsage,
         "{}: made with another configuration. Only name, device, threads, intervals, logging and (except "
         "for a "
         "cosine) the length may change when a run is resumed.\n  checkpoint: {}\n  now:        {}",
         loaded.file.path().string(), metadata_at(loaded.file, "resume_key"), resume_key(run.config));
  }
  load(loaded.file, false, lane);
  if (run.state.end == kEndOfLength && run.state.step < run.length.total_steps) {
    run.state.end.clear();  // the run was made longer
  }
  // `last` is saved before `best`: a kill between the two leaves a best checkpoint of an earlier step.
  if (run.state.best.known && run.state.best_step == run.state.step) {
    save(store, CheckpointSlot::kBest, lane);
  }
  seek();
  callbacks.on_resume(run.state.step);
}

// ---- the loop
// -----------------------------------------------------------------------------------------------

std::string Trainer::examples_text(const LaneOutcome& outcome) const {
  std::string examples;
  for (const int position : outcome.bad_samples) {
    examples += (examples.empty() ? "" : ", ") + task_->example_name(position);
  }
  return examples.empty() ? "none alone" : examples;
}

std::string Trainer::divergence_cause(std::int64_t lane) const {
  const LaneOutcome& outcome = outcomes_[static_cast<std::size_t>(lane)];
  const std::int64_t step = at(lane).state.step + 1;
  return std::isfinite(outcome.loss)
             ? fmt::format("step {}: the gradient is not finite; loss {}", step, outcome.loss)
             : fmt::format("step {}: the loss is not finite; examples: {}", step, examples_text(outcome));
}

std::string Trainer::divergence_text(std::int64_t lane) const {
  const LaneOutcome& outcome = outcomes_[static_cast<std::size_t>(lane)];
  return fmt::format(
      "step {}: {}; loss {}, gradient norm {}; examples: {}. The weights were not changed; the last "
      "checkpoint is of "
      "an earlier step. A smaller /optimizer/lr or /optimizer/clip_norm may help.",
      at(lane).state.step + 1, outcome.diverged, outcome.loss, outcome.gradient_norm, examples_text(outcome));
}

void Trainer::validate(const CheckpointStore& store, TrainerCallbacks& callbacks, std::int64_t lane) {
  Lane& run = at(lane);
  const ValidationResult result = validate(lane);
  const double metric = value_of(result, run.config.validation.metric);
  const bool best = run.state.best.offer(metric, higher_is_better());
  if (best) {
    run.state.best_step = run.state.step;
  }
  const ScheduleAction action = run.schedule->on_validation(metric, higher_is_better(), run.state.step);
  const bool early = run.early_stopping.on_validation(metric, higher_is_better());
  run.state.end = action == ScheduleAction::kStop            ? "schedule"
                  : early                                    ? "early stopping"
                  : run.state.step >= run.length.total_steps ? kEndOfLength
                                                             : "";
  // Before the checkpoint: what is logged for a step after the last checkpoint is written again on resume,
  // but what is not logged for a step before it is lost.
  callbacks.on_validation(run.state.step, result, best);
  run.state.loss_sum = 0;
  run.state.loss_steps = 0;
  if (best) {
    save(store, CheckpointSlot::kLast, lane);
    save(store, CheckpointSlot::kBest, lane);
  }
  if (action == ScheduleAction::kReloadBest) {
    load_best(store, lane);
    callbacks.message(
        fmt::format("step {}: weights and optimiser state of the best checkpoint (step {}) reloaded",
                    run.state.step, run.state.best_step));
  }
  if (run.state.finished() && run.state.end != kEndOfLength) {
    callbacks.message(fmt::format("step {}: stopped by {}: no further gain", run.state.step, run.state.end));
  }
}

void Trainer::save(std::span<const CheckpointStore> stores) {
  for (std::int64_t lane = 0; lane < lanes(); ++lane) {
    if (at(lane).trains()) {
      save(stores[static_cast<std::size_t>(lane)], CheckpointSlot::kLast, lane);
    }
  }
}

/// One step of every lane that trains; the others are computed along.
void Trainer::train_step() {
  task_->next_batch();
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    const Lane& run = lanes_[l];
    requests_[l] = {run.trains(), run.schedule->lr_for_step(run.state.step), run.state.updates + 1};
  }
  step_->run(requests_, outcomes_);
}

TrainEnd Trainer::run(const CheckpointStore& store, StopRequest& stop, TrainerCallbacks& callbacks) {
  SELFSAME_CHECK(lanes() == 1, "one store for {} lanes", lanes());
  const TrainEnd end = run({&store, 1}, stop, {&callbacks, 1});
  if (!failure(0).empty()) {
    fail(ErrorKind::kDiverged, "{}", failure(0));
  }
  return end;
}

TrainEnd Trainer::run(std::span<const CheckpointStore> stores, StopRequest& stop,
                      std::span<TrainerCallbacks> callbacks) {
  using Clock = std::chrono::steady_clock;
  SELFSAME_CHECK(stores.size() == lanes_.size() && callbacks.size() == lanes_.size(), "{} lanes, {} stores",
                 lanes(), stores.size());
  std::vector<Clock::time_point> saved_at(lanes_.size(), Clock::now());
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  const auto training = [this] {
    return std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& run) { return run.trains(); });
  };
  const auto at_start = training();
  while (training() == at_start && at_start > 0) {
    train_step();
    const bool save_all = stop.take_save_request();
    for (std::size_t l = 0; l < lanes_.size(); ++l) {
      Lane& run = lanes_[l];
      const auto lane = static_cast<std::int64_t>(l);
      if (!requests_[l].active) {
        continue;
      }
      if (!outcomes_[l].diverged.empty()) {
        run.failure = divergence_text(lane);
        run.cause = divergence_cause(lane);
        continue;
      }
      ++run.state.step;
      ++run.state.updates;
      run.state.loss_sum += outcomes_[l].loss;
      ++run.state.loss_steps;
      callbacks[l].on_step(run.state.step, outcomes_[l], requests_[l].lr);
      if (run.length.validates_after(run.state.step, run.config.training.batch, task_->train_count(lane))) {
        validate(stores[l], callbacks[l], lane);
      }
      const CheckpointConfig& wanted = run.config.checkpoint;
      const bool due = (wanted.every_steps > 0 && run.state.step % wanted.every_steps == 0) ||
                       (wanted.every_seconds > 0 &&
                        seconds_since(saved_at[l]) >= static_cast<double>(wanted.every_seconds));
      if (due || save_all || !run.trains()) {
        save(stores[l], CheckpointSlot::kLast, lane);
        saved_at[l] = Clock::now();
      }
    }
    if (stop.requested() && training() > 0) {
      save(stores);  // of all lanes: the callback of the last one may have asked
      return TrainEnd::kStopped;
    }
  }
  return training() > 0 ? TrainEnd::kLaneDone : TrainEnd::kDone;
}

}  // namespace selfsame
