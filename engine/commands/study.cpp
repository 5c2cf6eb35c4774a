// SPDX-License-Identifier: Apache-2.0
// selfsame study: many small trainings that answer one question, and their report.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/config/study_config.hpp"
#include "engine/run/duration.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/progress.hpp"
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
  std::string out, device, help_pointer;
  int threads = -1;
  bool overwrite = false, keys = false;
};

constexpr const char* kFiles[] = {"config.json", "results.csv", "report.html", "results.json"};

/// One redrawn line on a terminal, else a line now and then.
class StudyProgress {
 public:
  StudyProgress() : terminal_(progress_options(STDOUT_FILENO).terminal) {}
  void show(double done, double total) {
    const auto now = Clock::now();
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) {
      return;
    }
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const std::string text = fmt::format("{:5.1f} % | ETA {}", 100 * done / total,
                                         format_duration(seconds / done * (total - done)));
    fmt::print("{}{}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
    std::fflush(stdout);
    open_ = terminal_;
  }
  void finish() {
    if (open_) {
      fmt::print("\r\x1b[K");
      std::fflush(stdout);
    }
    open_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_, open_ = false;
  Clock::time_point start_ = Clock::now(), shown_ = start_;
};

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
  if (a.configs.empty() || a.out.empty()) {
    fail(ErrorKind::kUsage, "{} is needed", a.configs.empty() ? "--config FILE" : "--out DIR");
  }
  std::vector<std::string> overrides = a.overrides;
  if (a.threads >= 0) {
    overrides.push_back(fmt::format("threads={}", a.threads));
  }
  if (!a.device.empty()) {
    overrides.push_back(fmt::format("device={}", a.device));
  }
  const std::vector<fs::path> files(a.configs.begin(), a.configs.end());
  const StudyConfig config = load_study_config(files, overrides);
  const fs::path out(a.out);
  if (!a.overwrite) {
    std::vector<fs::path> paths;
    for (const char* file : kFiles) {
      paths.push_back(out / file);
    }
    refuse_existing(paths);
  }
  Stream stream(device_kind(config.device), static_cast<int>(config.threads));
  return std::visit([&](const auto& kind) { return run(kind, config, out, stream, invocation); },
                    config.study);
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
  command->add_option("--out", a->out, "Folder for report.html, results.json, results.csv and config.json")
      ->type_name("DIR");
  command->add_option("--device", a->device, "auto, cpu, cuda or simulated")->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N");
  command->add_flag("--overwrite", a->overwrite, "Replace files that exist");
  command
      ->add_option("--keys", a->help_pointer,
                   "Print the keys of a configuration, or those of a part, and exit")
      ->type_name("[POINTER]")
      ->expected(0, 1)
      ->each([a](const std::string& /*pointer*/) { a->keys = true; })
      ->default_str("/");
  command->footer("An example: selfsame study --config configs/paper/figure1_subspace.json --out figure1");
  const std::string invocation = context.invocation;
  command->final_callback(
      [a, invocation, &body = context.body] { body = [a, invocation] { return study(*a, invocation); }; });
}

}  // namespace selfsame
