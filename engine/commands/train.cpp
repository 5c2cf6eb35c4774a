// SPDX-License-Identifier: Apache-2.0
// selfsame train: one training run in a run folder.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/commands/run_session.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/duration.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

struct TrainArguments {
  std::vector<std::string> configs, overrides;
  std::string out, resume, max_time, device, profile_steps;
  int threads = -1;
  bool overwrite = false;
};

RunMode run_mode(const TrainArguments& a) {
  if (a.overwrite && !a.resume.empty()) {
    fail(ErrorKind::kUsage, "--overwrite and --resume exclude each other");
  }
  if (a.resume.empty()) {
    return a.overwrite ? RunMode::kOverwrite : RunMode::kFresh;
  }
  if (a.resume != "yes" && a.resume != "auto") {
    fail(ErrorKind::kUsage, "--resume: expected nothing or auto, got {}", a.resume);
  }
  return a.resume == "auto" ? RunMode::kAuto : RunMode::kResume;
}

/// "100:110": from step 100 on, before step 110.
StepRange profile_range(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  StepRange range;
  const char *begin = text.data(), *end = begin + text.size();
  const auto first = std::from_chars(begin, end, range.first);
  const bool colon = first.ec == std::errc() && first.ptr != end && *first.ptr == ':';
  const auto last = colon ? std::from_chars(first.ptr + 1, end, range.last) : first;
  if (!colon || last.ec != std::errc() || last.ptr != end || range.first < 1 || range.last <= range.first) {
    fail(ErrorKind::kUsage, "--profile-steps {}: expected FIRST:END with 1 <= FIRST < END, e.g. 100:110",
         text);
  }
  return range;
}

int train(const TrainArguments& a, const std::string& invocation) {
  const RunMode mode = run_mode(a);
  std::vector<std::string> overrides = a.overrides;
  if (a.threads >= 0) {
    overrides.push_back(fmt::format("threads={}", a.threads));
  }
  if (!a.device.empty()) {
    overrides.push_back(fmt::format("device={}", a.device));
  }
  std::vector<std::filesystem::path> files(a.configs.begin(), a.configs.end());
  if (files.empty()) {
    if (mode == RunMode::kFresh || mode == RunMode::kOverwrite || a.out.empty()) {
      fail(ErrorKind::kUsage,
           "--config FILE is needed (only a run that is resumed, --out DIR --resume, has its own)");
    }
    files.emplace_back(std::filesystem::path(a.out) / "config.json");
  }
  const TrainConfig config = load_train_config(files, overrides);
  const std::filesystem::path out =
      a.out.empty() ? default_run_path("runs", config.name) : std::filesystem::path(a.out);
  if (a.out.empty() && mode != RunMode::kFresh) {
    fail(ErrorKind::kUsage, "--resume and --overwrite need --out DIR");
  }
  SessionOptions options;
  options.mode = mode;
  options.invocation = invocation;
  options.config_files = files;
  options.overrides = overrides;
  options.profile = profile_range(a.profile_steps);
  options.max_seconds = !a.max_time.empty() ? parse_duration(a.max_time) : config.training.max_time.seconds;
  return run_session(config, out, options);
}

}  // namespace

void add_train_command(const CommandContext& context) {
  auto a = std::make_shared<TrainArguments>();
  CLI::App* command = context.app.add_subcommand("train", "Train a network as a JSON file says");
  command->add_option("--config", a->configs, "Configuration file; several merge from left to right")
      ->type_name("FILE");
  command->add_option("--set", a->overrides, "Override one key, e.g. --set optimizer.lr=3e-4")
      ->type_name("KEY=VALUE");
  command->add_option("--out", a->out, "Run folder; default runs/NAME-DATE-TIME-xxxx")->type_name("DIR");
  command->add_option("--device", a->device, "auto, cpu, cuda or simulated")->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N");
  command
      ->add_option(
          "--resume", a->resume,
          "Continue the run in --out, bit for bit; 'auto' begins a new one if there is none (requeued jobs)")
      ->type_name("[auto]")
      ->expected(0, 1)
      ->default_str("yes");
  command->add_flag("--overwrite", a->overwrite, "Replace an earlier run in --out");
  command->add_option("--max-time", a->max_time, "Save and exit with code 75 after e.g. 90s, 20m, 11h50m")
      ->type_name("TIME");
  command
      ->add_option("--profile-steps", a->profile_steps,
                   "Let a waiting profiler record steps A to B-1 (nsys --capture-range=cudaProfilerApi)")
      ->type_name("A:B");
  command->footer(
      "The keys of a configuration: selfsame list config [POINTER].  What a run would need: selfsame check.\n"
      "Ctrl-C finishes the step, saves and exits; a second Ctrl-C exits at once.");
  const std::string invocation = context.invocation;
  command->final_callback(
      [a, invocation, &body = context.body] { body = [a, invocation] { return train(*a, invocation); }; });
}

}  // namespace selfsame
