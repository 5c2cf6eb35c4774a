// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/run_session.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>

#include "engine/files/json_text.hpp"
#include "engine/report/samples.hpp"
#include "engine/report/training_report.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/exit_code.hpp"
#include "engine/run/metrics_writer.hpp"
#include "engine/run/progress.hpp"
#include "engine/run/stop_request.hpp"
#include "engine/run/tensorboard_writer.hpp"
#include "engine/run/text_log.hpp"
#include "engine/training/trainer.hpp"

namespace selfsame {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

double mib(std::size_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

std::size_t peak_process_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Everything that a session writes beside the checkpoints.
class SessionLog {
 public:
  SessionLog(const RunFolder& folder, const TrainConfig& config, const Trainer& trainer)
      : config_(config),
        trainer_(trainer),
        text_(folder.path() / "log.txt"),
        progress_(options(config), trainer.length().total_steps, trainer.state().step),
        started_(Clock::now()),
        last_step_at_(Clock::now()) {
    const std::filesystem::path metrics = folder.path() / "metrics.jsonl";
    const MetricsTruncation cut = truncate_metrics(metrics, trainer.state().step);
    if (cut.removed + cut.damaged > 0) {
      message(fmt::format("metrics.jsonl: {} lines after step {} and {} damaged ones removed", cut.removed,
                          trainer.state().step, cut.damaged));
    }
    metrics_ = std::make_unique<MetricsWriter>(metrics);
    if (folder.resumes()) {
      metrics_->event("resume", trainer.state().step);
    }
    if (config.logging.tensorboard) {
      tensorboard_ = std::make_unique<TensorBoardWriter>(folder.path(), trainer.state().step + 1);
    }
  }

  void message(std::string_view line) {
    progress_.message(line);
    text_.line(line);
  }

  void step(std::int64_t step, const LaneOutcome& outcome, double lr) {
    const double seconds = seconds_since(last_step_at_);
    last_step_at_ = Clock::now();
    progress_.update({step, outcome.loss, lr, config_.training.batch});
    loss_sum_ += outcome.loss;
    interval_seconds_ += seconds;
    ++interval_steps_;
    if (step != 1 && step != trainer_.length().total_steps && step % config_.logging.every_steps != 0) {
      return;
    }
    const double images = static_cast<double>(config_.training.batch * interval_steps_) / interval_seconds_;
    const double loss = loss_sum_ / static_cast<double>(interval_steps_);
    metrics_->write(JsonObject()
                        .add("step", step)
                        .add("epoch", epoch(step))
                        .add("wall", seconds_since(started_))
                        .add("lr", lr)
                        .add("loss", outcome.loss)
                        .add("loss_mean", loss)
                        .add("gradient_norm", outcome.gradient_norm)
                        .add("images_per_second", images));
    if (tensorboard_ != nullptr) {
      const NamedScalar scalars[] = {{"train/loss", loss},
                                     {"train/lr", lr},
                                     {"train/gradient_norm", outcome.gradient_norm},
                                     {"train/images_per_second", images}};
      tensorboard_->write(step, scalars);
    }
    loss_sum_ = interval_seconds_ = 0;
    interval_steps_ = 0;
  }

  void validation(std::int64_t step, const ValidationResult& result, bool best) {
    JsonObject line;
    line.add("step", step).add("epoch", epoch(step));
    std::vector<NamedScalar> scalars;
    std::string text;
    // Where nothing clean is looked at there is no PSNR, and only some tasks measure SSIM.
    if (std::isfinite(result.psnr)) {
      line.add("validation_psnr", result.psnr);
      scalars.push_back({"validation/psnr", result.psnr});
      text += fmt::format("PSNR {:.3f} dB, ", result.psnr);
    }
    if (std::isfinite(result.ssim)) {
      line.add("validation_ssim", result.ssim);
      scalars.push_back({"validation/ssim", result.ssim});
      text += fmt::format("SSIM {:.4f}, ", result.ssim);
    }
    line.add("validation_loss", result.loss).add("best", best);
    scalars.push_back({"validation/loss", result.loss});
    metrics_->write(line);
    if (tensorboard_ != nullptr) {
      tensorboard_->write(step, scalars);
    }
    const std::string_view target =
        choice_names(config_.validation.target)[static_cast<std::size_t>(config_.validation.target)];
    message(fmt::format("step {:>6}  validation {}loss {:.6g} against {} targets{}", step, text, result.loss,
                        target, best ? "  (best)" : ""));
    last_step_at_ = Clock::now();  // a validation is not part of a step
  }

  void finish() { progress_.finish(); }

 private:
  static ProgressOptions options(const TrainConfig&) { return progress_options(STDOUT_FILENO); }
  [[nodiscard]] double epoch(std::int64_t step) const {
    return static_cast<double>(step) / trainer_.length().steps_per_epoch;
  }

  const TrainConfig& config_;
  const Trainer& trainer_;
  TextLog text_;
  Progress progress_;
  std::unique_ptr<MetricsWriter> metrics_;
  std::unique_ptr<TensorBoardWriter> tensorboard_;
  Clock::time_point started_, last_step_at_;
  double loss_sum_ = 0, interval_seconds_ = 0;
  std::int64_t interval_steps_ = 0;
};

void write_inputs(const RunFolder& folder, const TrainConfig& config, const SessionOptions& options,
                  Stream& stream) {
  if (!folder.resumes()) {
    std::string inputs;
    for (const std::filesystem::path& file : options.config_files) {
      inputs += read_text(file);
    }
    folder.write("config.input.json", inputs);
  }
  folder.write("config.json", to_json(config));
  std::string overrides;
  for (const std::string& line : options.overrides) {
    overrides += line + "\n";
  }
  folder.write("overrides.txt", overrides);
  folder.add_command(options.invocation);
  Environment environment = build_and_machine();
  environment.emplace_back("device", name_of(stream.device()));
  if (stream.device() != DeviceKind::kCpu) {
    environment.emplace_back("gpu", device_of(stream.device()).description());
  }
  environment.emplace_back("threads", fmt::format("{}", stream.pool().threads()));
  environment.emplace_back(
      "precision", std::string(choice_names(config.precision)[static_cast<std::size_t>(config.precision)]));
  environment.emplace_back("seed", fmt::format("{}", config.seed));
  folder.write("env.json", environment_json(environment));
}

void print_start(SessionLog& log, const TrainConfig& config, const Trainer& trainer, const RunFolder& folder,
                 Stream& stream) {
  const MemoryPlan& plan = trainer.step().plan();
  log.message(fmt::format("{} on {}, deterministic, seed {}; {} parameters; run folder {}",
                          trainer.task().model_text(), computing_text(stream, config.precision), config.seed,
                          trainer.step().parameters().table().trainable_count(), folder.path().string()));
  log.message(
      fmt::format("{}, {} training and {} validation images, batch {}, {} steps ({:.1f} epochs)",
                  objective_name(config.objective), trainer.task().train_count(),
                  trainer.task().validation_count(), config.training.batch, trainer.length().total_steps,
                  static_cast<double>(trainer.length().total_steps) / trainer.length().steps_per_epoch));
  log.message(fmt::format(
      "memory plan {:.1f} MiB: step {:.1f} (parameters {:.1f}, activations {:.1f}), validation and "
      "workspace {:.1f}; images {:.1f} MiB",
      mib(trainer.planned_bytes()),
      mib(plan.bytes(MemoryPlan::Arena::kParameters) + plan.bytes(MemoryPlan::Arena::kActivations)),
      mib(plan.bytes(MemoryPlan::Arena::kParameters)), mib(plan.bytes(MemoryPlan::Arena::kActivations)),
      mib(trainer.planned_bytes() - plan.bytes(MemoryPlan::Arena::kParameters) -
          plan.bytes(MemoryPlan::Arena::kActivations)),
      mib(trainer.task().data_bytes())));
  for (const std::string& warning : trainer.task().warnings()) {
    log.message("warning: " + warning);
  }
}

void write_examples(const RunFolder& folder, Trainer& trainer, const CheckpointStore& store) {
  constexpr std::size_t kExamples = 3;
  if (store.exists(CheckpointSlot::kBest)) {
    trainer.load_best(store);
    save_examples(folder.path(), trainer.pictures(kExamples));
  }
}

int run_in(const RunFolder& folder, const TrainConfig& config, const SessionOptions& options,
           std::int64_t& step) {
  const auto started = Clock::now();
  StopRequest stop;
  const std::unique_ptr<Stream> made =
      make_stream(device_kind(config.device), config.precision, static_cast<int>(config.threads));
  Stream& stream = *made;
  write_inputs(folder, config, options, stream);
  const CheckpointStore store(folder.path());
  Trainer trainer(config, stream);
  TrainerCallbacks callbacks;
  std::vector<std::string> early;  // said before the log exists: the log begins at the resumed step
  callbacks.message = [&](std::string_view line) { early.emplace_back(line); };
  if (folder.resumes()) {
    trainer.resume(store, callbacks);
    early.push_back(fmt::format("continuing after step {}", trainer.state().step));
  }
  SessionLog log(folder, config, trainer);
  print_start(log, config, trainer, folder, stream);
  for (const std::string& line : early) {
    log.message(line);
  }
  callbacks.message = [&](std::string_view line) { log.message(line); };
  callbacks.on_step = [&](std::int64_t done, const LaneOutcome& outcome, double lr) {
    step = done;
    log.step(done, outcome, lr);
    if (options.profile.last > 0 && (done + 1 == options.profile.first || done + 1 == options.profile.last)) {
      device_of(stream.device()).set_profiling(done + 1 == options.profile.first);
    }
    if (options.max_seconds > 0 && seconds_since(started) >= options.max_seconds) {
      stop.request(StopCause::kTimeLimit);
    }
  };
  callbacks.on_validation = [&](std::int64_t at, const ValidationResult& result, bool best) {
    log.validation(at, result, best);
  };
  step = trainer.state().step;
  if (options.profile.first == step + 1) {
    device_of(stream.device()).set_profiling(true);
  }
  const TrainEnd end = trainer.run(store, stop, callbacks);
  const RunState& state = trainer.state();
  if (end == TrainEnd::kStopped) {
    log.message(fmt::format(
        "stopped by {} after step {}; saved {}; continue with: selfsame train --out {} --resume",
        stop.reason(), state.step, store.path(CheckpointSlot::kLast).string(), folder.path().string()));
    folder.finish(RunOutcome::kStopped, stop.reason(), state.step, stop.exit_code());
    log.finish();
    return stop.exit_code();
  }
  log.message(
      fmt::format("done in {:.1f} s: best validation {} {:.6g} at step {}; {}", seconds_since(started),
                  choice_names(config.validation.metric)[static_cast<std::size_t>(config.validation.metric)],
                  state.best.value, state.best_step, store.path(CheckpointSlot::kBest).string()));
  log.message(fmt::format("peak memory: buffers {:.1f} MiB of {:.1f} planned, process {:.1f} MiB",
                          mib(Buffer::usage().peak), mib(trainer.planned_bytes()),
                          mib(peak_process_bytes())));
  write_examples(folder, trainer, store);
  folder.finish(RunOutcome::kDone, state.end, state.step, kExitDone);
  write_training_report(folder.path());
  log.message(fmt::format("report: {}", (folder.path() / "report.html").string()));
  log.finish();
  return kExitDone;
}

}  // namespace

int run_session(const TrainConfig& config, const std::filesystem::path& out, const SessionOptions& options) {
  const RunFolder folder(out, options.mode);
  std::int64_t step = 0;
  try {
    return run_in(folder, config, options, step);
  } catch (const Error& error) {
    folder.finish(RunOutcome::kFailed, error.what(), step, error.exit_code());
    throw;
  } catch (const std::exception& error) {
    folder.finish(RunOutcome::kFailed, error.what(), step, static_cast<int>(ErrorKind::kInternal));
    throw;
  }
}

}  // namespace selfsame
