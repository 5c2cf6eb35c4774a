// SPDX-License-Identifier: Apache-2.0
// selfsame study: many small trainings that answer one question, and their report.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/commands/study_progress.hpp"
#include "engine/commands/study_samples.hpp"
#include "engine/config/study_config.hpp"
#include "engine/run/duration.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/stop_request.hpp"
#include "engine/setup/setup.hpp"
#include "engine/study/subspace_report.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

struct StudyArguments {
  std::vector<std::string> configs, overrides;
  std::string out, device, help_pointer, max_time;
  int threads = -1, lanes = -1;
  bool overwrite = false, keys = false, resume = false, check = false;
};

constexpr const char* kFiles[] = {"config.json", "results.csv", "report.html", "results.json"};

/// Runs it and writes the files, results.json last: a folder that has it is complete. Returns the exit code.
int run(const SubspaceStudyConfig& study, const StudyConfig& config, const fs::path& out, Stream& stream,
        const std::string& invocation) {
  fmt::print("{}: {} numbers of examples, {} + 1 levels of target noise, {} repeats, on {}, {} threads\n",
             config.name, study.examples.size(), study.target_sigmas.size(), study.repeats,
             name_of(stream.device()), stream.pool().threads());
  std::fflush(stdout);
  const StopRequest stop;
  StudyProgress progress;
  const auto start = std::chrono::steady_clock::now();
  const std::optional<SubspaceStudy> result = run_subspace_study(
      study, static_cast<std::uint64_t>(config.seed), stream, [&](double done, double total) {
        progress.show(done, total);
        return !stop.requested();
      });
  progress.finish();
  if (!result) {
    fmt::print(stderr, "selfsame: stopped ({}); nothing was written\n", stop.reason());
    return stop.exit_code();
  }
  StudyContext context;
  context.name = config.name;
  context.command = invocation;
  context.device = name_of(stream.device());
  context.date = utc_date();
  context.config = to_json(config);
  context.seed = config.seed;
  context.threads = stream.pool().threads();
  context.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  context.environment = build_and_machine();
  make_folder(out);
  write_file_atomically(out / "config.json", context.config);
  write_file_atomically(out / "results.csv", subspace_csv(*result));
  write_file_atomically(out / "report.html", subspace_report(*result, context));
  write_file_atomically(out / "results.json", subspace_json(*result, context));
  fmt::print("{}\n{:.1f} s. Written to {}: report.html, results.json, results.csv, config.json\n",
             subspace_answer(*result), context.seconds, out.string());
  return 0;
}

int study(const StudyArguments& a, const std::string& invocation) {
  if (a.keys) {
    fmt::print("{}\n", study_config_help(a.help_pointer));
    return 0;
  }
  if (a.out.empty() && !a.check) {
    fail(ErrorKind::kUsage, "--out DIR is needed");
  }
  if (a.resume && a.overwrite) {
    fail(ErrorKind::kUsage, "--overwrite and --resume exclude each other");
  }
  const fs::path stored = fs::path(a.out) / kStudyFile;
  if (a.configs.empty() && !(a.resume && fs::exists(stored))) {
    fail(ErrorKind::kUsage,
         "--config FILE is needed (only a study that is resumed, --out DIR --resume, has its own)");
  }
  std::vector<std::string> overrides = a.overrides;
  if (a.threads >= 0) {
    overrides.push_back(fmt::format("threads={}", a.threads));
  }
  if (!a.device.empty()) {
    overrides.push_back(fmt::format("device={}", a.device));
  }
  if (a.lanes >= 0) {
    overrides.push_back(fmt::format("study.lanes={}", a.lanes));
  }
  std::vector<fs::path> files(a.configs.begin(), a.configs.end());
  if (files.empty()) {
    files.push_back(stored);
  }
  const StudyConfig config = load_study_config(files, overrides);
  const fs::path out(a.out);
  if (const auto* samples = std::get_if<SampleStudyConfig>(&config.study)) {
    SampleStudyOptions options;
    options.out = out;
    options.invocation = invocation;
    options.resume = a.resume;
    options.overwrite = a.overwrite;
    options.check = a.check;
    options.max_seconds = a.max_time.empty() ? 0 : parse_duration(a.max_time);
    return run_sample_study(*samples, config, options);
  }
  if (a.resume || a.check || !a.max_time.empty()) {
    fail(ErrorKind::kUsage,
         "--resume, --check and --max-time are for studies of type \"samples\"; this one takes "
         "a minute or so and is not interrupted half-way");
  }
  if (!a.overwrite) {
    std::vector<fs::path> paths;
    for (const char* file : kFiles) {
      paths.push_back(out / file);
    }
    refuse_existing(paths);
  }
  Stream stream(device_kind(config.device), static_cast<int>(config.threads));
  return run(std::get<SubspaceStudyConfig>(config.study), config, out, stream, invocation);
}

}  // namespace

void add_study_command(const CommandContext& context) {
  auto a = std::make_shared<StudyArguments>();
  CLI::App* command =
      context.app.add_subcommand("study", "Run a study that a JSON file describes, and report it");
  command->add_option("--config", a->configs, "Configuration file; several merge from left to right")
      ->type_name("FILE");
  command->add_option("--set", a->overrides, "Override one key, e.g. --set study.repeats=1000")
      ->type_name("KEY=VALUE");
  command->add_option("--out", a->out, "Folder for the report, tables and runs")->type_name("DIR");
  command->add_option("--device", a->device, "auto, cpu, cuda or simulated")->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N");
  command->add_flag(
      "--resume", a->resume,
      "Continue the study in --out, or join the processes that work on it; begins where there is none");
  command->add_flag("--overwrite", a->overwrite, "Replace what an earlier study left in --out");
  command->add_flag("--check", a->check, "Print the schedule with memory and time, and train nothing");
  command->add_option("--lanes", a->lanes, "Trainings side by side, 0 = as many as suit the device")
      ->type_name("N");
  command->add_option("--max-time", a->max_time, "Save and exit with code 75 after e.g. 90s, 20m, 11h50m")
      ->type_name("TIME");
  command
      ->add_option("--keys", a->help_pointer,
                   "Print the keys of a configuration, or those of a part, and exit")
      ->type_name("[POINTER]")
      ->expected(0, 1)
      ->each([a](const std::string& /*pointer*/) { a->keys = true; })
      ->default_str("/");
  command->footer(
      "Several processes, also of several machines, may work on one folder: start each with --resume.\n"
      "Ctrl-C finishes the step, saves and exits. Results do not depend on interruptions, lanes or "
      "processes.\n"
      "Examples: selfsame study --config configs/study_quickstart.json --out study\n"
      "          selfsame study --config configs/paper/figure1_subspace.json --out figure1");
  const std::string invocation = context.invocation;
  command->final_callback(
      [a, invocation, &body = context.body] { body = [a, invocation] { return study(*a, invocation); }; });
}

}  // namespace selfsame
