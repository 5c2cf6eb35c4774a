// SPDX-License-Identifier: Apache-2.0
// selfsame check: what a run would be and need, without running it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/duration.hpp"
#include "engine/setup/setup.hpp"
#include "engine/training/trainer.hpp"

namespace selfsame {
namespace {

constexpr int kTimedSteps = 3;
constexpr std::size_t kEntriesShown = 10;
constexpr double kMiB = 1048576.0;

struct CheckArguments {
  std::vector<std::string> configs, overrides;
  std::string device;
  int threads = -1;
  bool table = false;
};

double mib(std::size_t bytes) { return static_cast<double>(bytes) / kMiB; }

void print_objective(const TrainConfig& config, const TrainingTask& task) {
  const UnbiasednessClaim claim = task.claim();
  fmt::print("objective   {}: the gradient is {} for the risk {}\n", objective_name(config.objective),
             claim.unbiased ? "unbiased" : "biased", claim.risk);
  fmt::print("            input: {}\n            conditions: {}\n", claim.input, claim.conditions);
}

std::string interval_text(const RunLength& length) {
  return length.validate_steps > 0 ? fmt::format("{} steps", length.validate_steps)
                                   : fmt::format("{} epochs", length.validate_epochs);
}

void print_data(const Trainer& trainer) {
  const TrainingTask& task = trainer.task();
  fmt::print("data        {}\n", task.data_text());
  fmt::print("validation  {} images every {}, against {}\n", task.validation_count(),
             interval_text(trainer.length()), task.target_text());
  fmt::print("{}", task.preflight_text());
  for (const std::string& warning : task.warnings()) {
    fmt::print("warning     {}\n", warning);
  }
}

void print_memory(const Trainer& trainer, bool whole_table) {
  const MemoryPlan& plan = trainer.step().plan();
  fmt::print(
      "memory      {:.1f} MiB: parameters {:.1f}, activations {:.1f}, workspace {:.1f}; images and batches "
      "{:.1f}\n",
      mib(plan.total_bytes()), mib(plan.bytes(MemoryPlan::Arena::kParameters)),
      mib(plan.bytes(MemoryPlan::Arena::kActivations)), mib(plan.bytes(MemoryPlan::Arena::kWorkspace)),
      mib(trainer.task().data_bytes()));
  if (whole_table) {
    fmt::print("{}", plan.table());
    return;
  }
  std::vector<const MemoryPlan::Entry*> entries;
  for (const MemoryPlan::Entry& entry : plan.entries()) {
    entries.push_back(&entry);
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto* a, const auto* b) { return a->bytes > b->bytes; });
  fmt::print("            the largest of {} tensors (--table prints all; activations share memory):\n",
             entries.size());
  for (std::size_t i = 0; i < std::min(kEntriesShown, entries.size()); ++i) {
    fmt::print("            {:>9.2f} MiB  {:<28} {} {}\n", mib(entries[i]->bytes), entries[i]->name,
               entries[i]->shape, name_of(entries[i]->dtype));
  }
}

std::int64_t validations(const Trainer& trainer, std::int64_t batch) {
  const RunLength& length = trainer.length();
  const std::int64_t examples = trainer.task().train_count();
  std::int64_t count = 0;
  for (std::int64_t step = 1; step <= length.total_steps; ++step) {
    count += length.validates_after(step, batch, examples);
  }
  return count;
}

void print_time(const TrainConfig& config, Trainer& trainer) {
  const double flops = trainer.task().step_flops();
  const RunLength& length = trainer.length();
  const Trainer::Timing timing = trainer.measure(kTimedSteps);
  const std::int64_t count = validations(trainer, config.training.batch);
  fmt::print("length      {} steps, {:.1f} epochs, {} validations\n", length.total_steps,
             static_cast<double>(length.total_steps) / length.steps_per_epoch, count);
  fmt::print(
      "step        {:.1f} ms (median of {}), {:.2f} GFLOP in convolutions, {:.1f} GFLOP/s, {:.0f} images/s\n",
      1e3 * timing.step_seconds, kTimedSteps, 1e-9 * flops, 1e-9 * flops / timing.step_seconds,
      static_cast<double>(config.training.batch) / timing.step_seconds);
  const double training = timing.step_seconds * static_cast<double>(length.total_steps);
  const double validating = timing.validation_seconds * static_cast<double>(count);
  fmt::print("time        about {} at most: {} of training, {} of validation ({:.2f} s each)\n",
             format_duration(training + validating), format_duration(training), format_duration(validating),
             timing.validation_seconds);
}

int check(const CheckArguments& a) {
  const std::vector<std::filesystem::path> files(a.configs.begin(), a.configs.end());
  std::vector<std::string> overrides = a.overrides;
  if (a.threads >= 0) {
    overrides.push_back(fmt::format("threads={}", a.threads));
  }
  if (!a.device.empty()) {
    overrides.push_back(fmt::format("device={}", a.device));
  }
  const TrainConfig config = load_train_config(files, overrides);
  const std::unique_ptr<Stream> made =
      make_stream(device_kind(config.device), config.precision, static_cast<int>(config.threads));
  Stream& stream = *made;
  Trainer trainer(config, stream);
  fmt::print("network     {}: {} parameters\n", trainer.task().model_text(),
             trainer.step().parameters().table().trainable_count());
  print_objective(config, trainer.task());
  print_data(trainer);
  print_memory(trainer, a.table);
  fmt::print("checkpoint  {:.1f} MiB; a run keeps up to four: last, best, and the one before of each\n",
             mib(trainer.checkpoint_bytes()));
  std::fflush(stdout);
  print_time(config, trainer);
  fmt::print("device      {}\n", computing_text(stream, config.precision));
  return 0;
}

}  // namespace

void add_check_command(const CommandContext& context) {
  auto a = std::make_shared<CheckArguments>();
  CLI::App* command = context.app.add_subcommand(
      "check", "Dry run: is the configuration right, and what would the run need? Writes nothing");
  command->add_option("--config", a->configs, "Configuration file; several merge from left to right")
      ->type_name("FILE")
      ->required();
  command->add_option("--set", a->overrides, "Override one key, e.g. --set optimizer.lr=3e-4")
      ->type_name("KEY=VALUE");
  command->add_option("--device", a->device, "auto, cpu, cuda or simulated")->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all")->type_name("N");
  command->add_flag("--table", a->table, "Print every tensor of the memory plan");
  command->footer(
      "All mistakes of a configuration are reported at once, and exit code 2. Then the data are opened, the\n"
      "network is built, and a few steps and a validation are run to estimate the time.");
  command->final_callback([a, &body = context.body] { body = [a] { return check(*a); }; });
}

}  // namespace selfsame
