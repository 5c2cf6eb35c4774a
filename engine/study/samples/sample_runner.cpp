// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_runner.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "engine/run/metrics_writer.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kLanesOnCpu = 4, kLanesOnGpu = 16;
constexpr std::chrono::milliseconds kWait{500};

double steps_of(const PlannedRun& run, std::int64_t examples) {
  return static_cast<double>(run_length(run.config, examples).total_steps);
}

/// The validations of one lane on disk, continued where its checkpoint is.
std::unique_ptr<MetricsWriter> open_curve(const SampleStore& store, const PlannedRun& run,
                                          std::int64_t last_step) {
  truncate_metrics(store.curve_path(run), last_step);
  return std::make_unique<MetricsWriter>(store.curve_path(run));
}

}  // namespace

std::int64_t suitable_lanes(DeviceKind device) {
  return device == DeviceKind::kCpu ? kLanesOnCpu : kLanesOnGpu;
}

SampleRunner::SampleRunner(const SampleStudyConfig& study, const std::vector<PlannedRun>& runs,
                           const SampleStore& store, std::int64_t lanes, Stream& stream)
    : study_(study),
      runs_(runs),
      store_(store),
      stream_(stream),
      lanes_(lanes > 0 ? lanes : suitable_lanes(stream.device())),
      scorer_(study, stream, sources_),
      claims_(store.folder()),
      done_(runs.size()) {
  for (const PlannedRun& run : runs_) {
    steps_.push_back(steps_of(run, study_.sizes[run.size]));
  }
}

bool SampleRunner::is_done(std::size_t i) {
  done_[i] = done_[i] || store_.done(runs_[i]);
  return done_[i];
}

/// Fills the free lanes with runs that nobody works on and that fit beside those that are there.
void SampleRunner::claim_more(std::vector<Active>& active) {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    (void)is_done(i);  // what others have done meanwhile
  }
  for (std::size_t i = 0; i < runs_.size() && static_cast<std::int64_t>(active.size()) < lanes_; ++i) {
    const PlannedRun& run = runs_[i];
    const bool fits = active.empty() || active[0].run->key == run.key;
    const bool ours =
        std::any_of(active.begin(), active.end(), [&](const Active& a) { return a.run == &run; });
    if (!fits || ours || is_done(i)) {
      continue;
    }
    std::optional<Claim> claim = claims_.try_claim(run.id);
    if (claim && !is_done(i)) {  // another process may have finished it in between
      store_.prepare(run);
      active.push_back({&run, std::move(*claim)});
    }
  }
}

void SampleRunner::report(const SampleCallbacks& callbacks, std::int64_t training, double steps_now) {
  SampleProgress progress;
  progress.runs = static_cast<std::int64_t>(runs_.size());
  progress.training = training;
  progress.steps_here = steps_here_;
  progress.steps_done = steps_now;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    progress.steps += steps_[i];
    progress.done += done_[i] ? 1 : 0;
    progress.steps_done += done_[i] ? steps_[i] : 0;
  }
  callbacks.progress(progress);
}

void SampleRunner::finish(Trainer& trainer, const std::vector<CheckpointStore>& stores, std::int64_t lane,
                          const PlannedRun& run) {
  const CheckpointStore& store = stores[static_cast<std::size_t>(lane)];
  const RunState& state = trainer.state(lane);
  SampleRun result;
  result.method = run.method;
  result.size = run.size;
  result.seed = run.seed;
  result.failure = trainer.cause(lane);
  result.end = state.end;
  result.steps = state.step;
  result.best_step = state.best_step;
  result.best_validation = state.best.value;
  result.curve = store_.curve(run);
  std::vector<std::string> images;
  if (result.failure.empty()) {
    trainer.load_best(store, lane);
    result.scores = scorer_.score(run.method, trainer.values(lane), trainer.buffers(lane));
    images = scorer_.images();
  }
  store_.save(run, result, images);
  done_[static_cast<std::size_t>(&run - runs_.data())] = true;
  std::error_code ignored;  // the result has all of it
  std::filesystem::remove(store_.curve_path(run), ignored);
  std::filesystem::remove(store.path(CheckpointSlot::kLast), ignored);
  std::filesystem::remove(store.previous_path(CheckpointSlot::kLast), ignored);
  std::filesystem::remove(store.previous_path(CheckpointSlot::kBest), ignored);
}

/// Trains until a run is done, whose lane is then free for another, or a stop is requested. Runs that are
/// done leave `active`.
TrainEnd SampleRunner::train(std::vector<Active>& active, StopRequest& stop,
                             const SampleCallbacks& callbacks) {
  std::vector<TrainConfig> configs;
  std::vector<CheckpointStore> stores;
  for (const Active& a : active) {
    configs.push_back(a.run->config);
    stores.emplace_back(store_.run_folder(*a.run));
  }
  Trainer trainer(configs, stream_, &sources_);
  std::vector<std::unique_ptr<MetricsWriter>> curves;
  std::vector<TrainerCallbacks> lanes(active.size());
  std::vector<double> begun(active.size());
  for (std::size_t l = 0; l < active.size(); ++l) {
    const auto lane = static_cast<std::int64_t>(l);
    const PlannedRun& run = *active[l].run;
    lanes[l].message = [&callbacks, &run](std::string_view text) {
      callbacks.message(fmt::format("{}: {}", run.id, text));
    };
    if (stores[l].exists(CheckpointSlot::kLast)) {
      trainer.resume(stores[l], lanes[l], lane);
    }
    curves.push_back(open_curve(store_, run, trainer.state(lane).step));
    begun[l] = static_cast<double>(trainer.state(lane).step);
    lanes[l].on_validation = [&, l, lane](std::int64_t step, const ValidationResult& result, bool) {
      const RunState& state = trainer.state(lane);
      curves[l]->write(JsonObject()
                           .add("step", step)
                           .add("loss", state.loss_sum / static_cast<double>(state.loss_steps))
                           .add("validation", value_of(result, configs[l].validation.metric)));
    };
    lanes[l].on_step = [&, l](std::int64_t, const LaneOutcome&, double) {
      steps_here_ += 1;
      (void)active[l].claim.refresh();  // if it was taken over, both processes write the same bytes
      if (l + 1 == active.size()) {
        double now = 0;
        for (std::int64_t k = 0; k < trainer.lanes(); ++k) {
          now += static_cast<double>(trainer.state(k).step);
        }
        report(callbacks, trainer.lanes(), now);
      }
    };
  }
  const TrainEnd end = trainer.run(stores, stop, lanes);
  std::vector<Active> left;
  for (std::size_t l = 0; l < active.size(); ++l) {
    const auto lane = static_cast<std::int64_t>(l);
    const std::string& failure = trainer.failure(lane);
    const RunState& state = trainer.state(lane);
    if (!failure.empty() || state.finished()) {
      finish(trainer, stores, lane, *active[l].run);
      callbacks.message(
          fmt::format("{}: {}", active[l].run->id,
                      failure.empty() ? fmt::format("done after {} steps, best validation {:.6g} at step {}",
                                                    state.step, state.best.value, state.best_step)
                                      : "failed: " + failure));
    } else {
      left.push_back(std::move(active[l]));
    }
  }
  active = std::move(left);
  if (end == TrainEnd::kLaneDone) {
    trainer.save(stores);  // they go on beside others
  }
  return end;
}

SampleEnd SampleRunner::run(StopRequest& stop, const SampleCallbacks& callbacks) {
  std::vector<Active> active;
  bool waiting = false;
  while (!stop.requested()) {
    claim_more(active);
    if (active.empty()) {
      std::int64_t missing = 0;
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        missing += is_done(i) ? 0 : 1;
      }
      if (missing == 0) {
        return SampleEnd::kDone;
      }
      if (!waiting) {
        callbacks.message(fmt::format("waiting for {} runs that other processes work on", missing));
      }
      waiting = true;
      report(callbacks, 0, 0);
      std::this_thread::sleep_for(kWait);
      continue;
    }
    waiting = false;
    train(active, stop, callbacks);
  }
  return SampleEnd::kStopped;
}

}  // namespace selfsame
