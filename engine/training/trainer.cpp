// SPDX-License-Identifier: Apache-2.0
#include "engine/training/trainer.hpp"

#include <algorithm>
#include <chrono>

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

Trainer::Trainer(const TrainConfig& config, Stream& stream)
    : config_(config),
      stream_(stream),
      task_(make_task(config, stream)),
      length_(run_length(config, task_->train_count())),
      early_stopping_(static_cast<int>(config.training.early_stopping.patience),
                      config.training.early_stopping.min_delta) {
  TrainingStepOptions options;
  options.optimizer = optimizer_options(config.optimizer);
  options.clip_norm = config.optimizer.clip_norm;
  options.ema_decay = config.optimizer.ema;
  step_ = std::make_unique<TrainingStep>(task_->pass(), options, stream);
  step_->initialise(0, static_cast<std::uint64_t>(config.seed));
  schedule_ = make_schedule(schedule_options(config, length_.total_steps, length_.steps_per_epoch));
}

std::size_t Trainer::planned_bytes() const {
  const MemoryPlan& plan = step_->plan();
  return plan.bytes(MemoryPlan::Arena::kParameters) + plan.bytes(MemoryPlan::Arena::kActivations) +
         stream_.workspace_bytes() + task_->validation_bytes();
}

ValidationResult Trainer::validate() {
  return task_->validate(step_->best_values(0), step_->parameters().buffers<float>());
}

std::vector<ExampleImage> Trainer::pictures(std::size_t count) {
  return task_->pictures(step_->best_values(0), step_->parameters().buffers<float>(), count);
}

std::size_t Trainer::checkpoint_bytes() const {
  std::size_t bytes = 0;
  for (const StoredTensor& tensor : stored_tensors()) {
    bytes += tensor.bytes.size();
  }
  return bytes;
}

Trainer::Timing Trainer::measure(int count) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  std::vector<LaneRequest> request(1);
  std::vector<LaneOutcome> outcome(1);
  std::vector<double> seconds;
  for (int i = 0; i <= count; ++i) {
    const auto started = Clock::now();
    task_->next_batch();
    request[0].lr = schedule_->lr_for_step(i);
    request[0].step = i + 1;
    step_->run(request, outcome);
    if (!outcome[0].diverged.empty()) {
      report_divergence(outcome[0]);
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

std::vector<TensorDestination> Trainer::destinations(std::vector<std::string>& prefixes) const {
  struct Group {
    const char* prefix;
    float* trainable;
    float* buffers;
  };
  Parameters& p = step_->parameters();
  const Group groups[] = {{"model.", p.host_values<float>(), p.host_buffers<float>()},
                          {"ema.", step_->ema(0), nullptr},
                          {"optim.moment1.", step_->moment1(0), nullptr},
                          {"optim.moment2.", step_->moment2(0), nullptr}};
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

std::vector<StoredTensor> Trainer::stored_tensors() const {
  std::vector<std::string> prefixes;
  std::vector<StoredTensor> stored;
  for (const TensorDestination& t : destinations(prefixes)) {
    std::size_t count = 1;
    for (const std::int64_t d : t.shape) {
      count *= static_cast<std::size_t>(d);
    }
    stored.push_back(float_tensor(t.name, t.shape, {t.data, count}));
  }
  return stored;
}

Metadata Trainer::metadata() const {
  Metadata m;
  m["format"] = "selfsame.checkpoint.1";
  m["step"] = fmt::format("{}", state_.step);
  m["updates"] = fmt::format("{}", state_.updates);
  m["best_known"] = fmt::format("{}", state_.best.known ? 1 : 0);
  m["best_value"] = to_exact(state_.best.value);
  m["best_step"] = fmt::format("{}", state_.best_step);
  m["end"] = state_.end;
  m["resume_key"] = resume_key(config_);
  m["model"] = to_json(config_.model);
  m["objective"] = objective_name(config_.objective);
  put_all(m, "schedule.", schedule_->state());
  put_all(m, "early_stopping.", early_stopping_.state());
  return m;
}

void Trainer::save(const CheckpointStore& store, CheckpointSlot slot) {
  step_->to_host();
  store.save(slot, stored_tensors(), metadata());
}

void Trainer::load(const SafetensorsFile& file, bool weights_only) {
  std::vector<std::string> prefixes;
  const std::vector<TensorDestination> all = destinations(prefixes);
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
  state_.updates = std::stoll(metadata_at(file, "updates"));
  if (!weights_only) {
    restore_state(file);
  }
}

void Trainer::load_best(const CheckpointStore& store) { load(store.load(CheckpointSlot::kBest).file, true); }

void Trainer::restore_state(const SafetensorsFile& file) {
  state_.step = std::stoll(metadata_at(file, "step"));
  state_.best.known = metadata_at(file, "best_known") == "1";
  state_.best.value = from_exact(metadata_at(file, "best_value"));
  state_.best_step = std::stoll(metadata_at(file, "best_step"));
  state_.end = metadata_at(file, "end");
  schedule_->restore(take_all(file.metadata(), "schedule."));
  early_stopping_.restore(take_all(file.metadata(), "early_stopping."));
}

void Trainer::resume(const CheckpointStore& store, TrainerCallbacks& callbacks) {
  const CheckpointStore::Loaded loaded = store.load(CheckpointSlot::kLast);
  if (!loaded.warning.empty()) {
    callbacks.message(loaded.warning);
  }
  if (metadata_at(loaded.file, "resume_key") != resume_key(config_)) {
    fail(ErrorKind::kUsage,
         "{}: made with another configuration. Only name, device, threads, intervals, logging and (except "
         "for a "
         "cosine) the length may change when a run is resumed.\n  checkpoint: {}\n  now:        {}",
         loaded.file.path().string(), metadata_at(loaded.file, "resume_key"), resume_key(config_));
  }
  load(loaded.file, false);
  if (state_.end == kEndOfLength && state_.step < length_.total_steps) {
    state_.end.clear();  // the run was made longer
  }
  // `last` is saved before `best`: a kill between the two leaves a best checkpoint of an earlier step.
  if (state_.best.known && state_.best_step == state_.step) {
    save(store, CheckpointSlot::kBest);
  }
  task_->seek(state_.step);
  callbacks.on_resume(state_.step);
}

// ---- the loop
// -----------------------------------------------------------------------------------------------

void Trainer::report_divergence(const LaneOutcome& outcome) {
  std::string examples;
  for (const int position : outcome.bad_samples) {
    examples += (examples.empty() ? "" : ", ") + task_->example_name(position);
  }
  fail(ErrorKind::kDiverged,
       "step {}: {}; loss {}, gradient norm {}; examples: {}. The weights were not changed; the last "
       "checkpoint is of "
       "an earlier step. A smaller /optimizer/lr or /optimizer/clip_norm may help.",
       state_.step + 1, outcome.diverged, outcome.loss, outcome.gradient_norm,
       examples.empty() ? "none alone" : examples);
}

void Trainer::validate(const CheckpointStore& store, TrainerCallbacks& callbacks) {
  const ValidationResult result = validate();
  const double metric = config_.validation.metric == ValidationConfig::Metric::kLoss   ? result.loss
                        : config_.validation.metric == ValidationConfig::Metric::kSsim ? result.ssim
                                                                                       : result.psnr;
  const bool best = state_.best.offer(metric, higher_is_better());
  if (best) {
    state_.best_step = state_.step;
  }
  const ScheduleAction action = schedule_->on_validation(metric, higher_is_better());
  const bool early = early_stopping_.on_validation(metric, higher_is_better());
  state_.end = action == ScheduleAction::kStop      ? "schedule"
               : early                              ? "early stopping"
               : state_.step >= length_.total_steps ? kEndOfLength
                                                    : "";
  // Before the checkpoint: what is logged for a step after the last checkpoint is written again on resume,
  // but what is not logged for a step before it is lost.
  callbacks.on_validation(state_.step, result, best);
  if (best) {
    save(store, CheckpointSlot::kLast);
    save(store, CheckpointSlot::kBest);
  }
  if (action == ScheduleAction::kReloadBest) {
    load_best(store);
    callbacks.message(
        fmt::format("step {}: weights and optimiser state of the best checkpoint (step {}) reloaded",
                    state_.step, state_.best_step));
  }
  if (state_.finished() && state_.end != kEndOfLength) {
    callbacks.message(fmt::format("step {}: stopped by {}: no further gain", state_.step, state_.end));
  }
}

TrainEnd Trainer::run(const CheckpointStore& store, StopRequest& stop, TrainerCallbacks& callbacks) {
  using Clock = std::chrono::steady_clock;
  auto saved_at = Clock::now();
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  std::vector<LaneRequest> request(1);
  std::vector<LaneOutcome> outcome(1);
  const std::int64_t examples = task_->train_count();
  while (!state_.finished() && state_.step < length_.total_steps) {
    task_->next_batch();
    request[0].lr = schedule_->lr_for_step(state_.step);
    request[0].step = state_.updates + 1;
    step_->run(request, outcome);
    if (!outcome[0].diverged.empty()) {
      report_divergence(outcome[0]);
    }
    ++state_.step;
    ++state_.updates;
    callbacks.on_step(state_.step, outcome[0], request[0].lr);
    if (length_.validates_after(state_.step, config_.training.batch, examples)) {
      validate(store, callbacks);
    }
    const bool due =
        (config_.checkpoint.every_steps > 0 && state_.step % config_.checkpoint.every_steps == 0) ||
        (config_.checkpoint.every_seconds > 0 &&
         seconds_since(saved_at) >= static_cast<double>(config_.checkpoint.every_seconds));
    const bool stopping = stop.requested() && !state_.finished() && state_.step < length_.total_steps;
    if (due || stopping || stop.take_save_request()) {
      save(store, CheckpointSlot::kLast);
      saved_at = Clock::now();
    }
    if (stopping) {
      return TrainEnd::kStopped;
    }
  }
  save(store, CheckpointSlot::kLast);
  return TrainEnd::kDone;
}

}  // namespace selfsame
