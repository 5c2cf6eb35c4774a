// SPDX-License-Identifier: Apache-2.0
// selfsame study, of training sizes: schedule, runs, report.
#include "engine/commands/study_samples.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "engine/commands/command_files.hpp"
#include "engine/commands/study_progress.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/exit_code.hpp"
#include "engine/study/samples/sample_extras.hpp"
#include "engine/study/samples/sample_report.hpp"
#include "engine/study/samples/sample_tables.hpp"
#include "engine/study/samples/sample_text.hpp"
#include "engine/study/subspace_results.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPictures = 2;
constexpr int kMeasuredSteps = 5;
/// What a study leaves in its folder.
constexpr const char* kParts[] = {"runs",        "claims",      "pictures",     "variance.json", kStudyFile,
                                  "report.html", "results.csv", "results.json", "points.csv"};

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

void begin_folder(const StudyConfig& config, const SampleStudyOptions& options) {
  const fs::path file = options.out / kStudyFile;
  if (fs::exists(file) && !options.resume && !options.overwrite) {
    fail(ErrorKind::kUsage, "{} holds a study: --resume continues it, --overwrite begins anew",
         options.out.string());
  }
  if (options.overwrite) {
    for (const char* part : kParts) {
      fs::remove_all(options.out / part);
    }
  }
  make_folder(options.out);
  write_file_atomically(file, to_json(config));
}

std::string schedule_text(const SampleStudyConfig& study, const StudyConfig& config,
                          const std::vector<PlannedRun>& runs, std::int64_t lanes, Stream& stream) {
  double steps = 0;
  for (const PlannedRun& run : runs) {
    steps += static_cast<double>(run_length(run.config, study.sizes[run.size]).total_steps);
  }
  std::string text = fmt::format(
      "{}: {} methods x {} sizes x {} seeds = {} runs of {:.0f} steps in all, on {}, {} side by side\n",
      config.name, study.resolved.size(), study.sizes.size(), study.seeds.size(), runs.size(), steps,
      computing_text(stream, study.resolved[0].config.precision), lanes);
  for (const SampleStudyConfig::Method& method : study.resolved) {
    text += fmt::format("  {}: {}\n", method.name, objective_name(method.config.objective));
  }
  text += "  N =";
  for (const std::int64_t size : study.sizes) {
    text += ' ' + std::to_string(size);
  }
  return text + "\n";
}

/// Memory and time of each kind of training, measured.
void check_schedule(const SampleStudyConfig& study, const std::vector<PlannedRun>& runs, std::int64_t lanes,
                    Stream& stream) {
  std::map<std::string, std::vector<const PlannedRun*>> kinds;
  for (const PlannedRun& run : runs) {
    kinds[run.key].push_back(&run);
  }
  SharedSources sources;
  double total = 0;
  for (const auto& [key, members] : kinds) {
    std::vector<TrainConfig> configs;
    double steps = 0, validations = 0;
    for (const PlannedRun* run : members) {
      if (static_cast<std::int64_t>(configs.size()) < lanes) {
        configs.push_back(run->config);
      }
      const RunLength length = run_length(run->config, study.sizes[run->size]);
      steps += static_cast<double>(length.total_steps);
      for (std::int64_t s = 1; s <= length.total_steps; ++s) {
        validations += length.validates_after(s, run->config.training.batch, study.sizes[run->size]) ? 1 : 0;
      }
    }
    Trainer trainer(configs, stream, &sources);
    const std::size_t bytes = trainer.planned_bytes();
    const Trainer::Timing timing = trainer.measure(kMeasuredSteps);
    const double seconds = steps * timing.step_seconds / static_cast<double>(configs.size()) +
                           validations * timing.validation_seconds;
    total += seconds;
    fmt::print("  {} runs like {}: {} side by side, {:.1f} MiB, {:.2f} ms a step, {}\n", members.size(),
               members[0]->id, configs.size(), static_cast<double>(bytes) / 1048576.0,
               1e3 * timing.step_seconds, format_duration(seconds));
  }
  fmt::print(
      "about {} in all, at most (early stopping may end runs sooner), and the scores of the test images\n",
      format_duration(total));
}

/// Reads what is known and writes what can be said. Returns the answer's text.
std::string write_reports(const SampleStudyConfig& study, const StudyConfig& config, const SampleStore& store,
                          const std::vector<PlannedRun>& runs, const std::string& invocation,
                          const std::string& device) {
  SampleResults results = store.results(study, config.name, runs);
  std::vector<std::string> notes;
  results.variances = load_variances(store, &notes);
  results.pictures = load_pictures(store);
  SampleAnswer answer = answer_of(results);
  answer.notes.insert(answer.notes.end(), notes.begin(), notes.end());
  StudyContext context;
  context.name = config.name;
  context.command = invocation;
  context.device = device;
  context.date = utc_date();
  context.config = to_json(config);
  context.seed = config.seed;
  context.environment = build_and_machine();
  write_file_atomically(store.folder() / "results.csv", sample_runs_csv(results));
  write_file_atomically(store.folder() / "points.csv", sample_points_csv(results, answer));
  write_file_atomically(store.folder() / "results.json", sample_json(results, answer));
  write_file_atomically(store.folder() / "report.html", sample_report(results, answer, context));
  return sample_answer_text(results, answer);
}

}  // namespace

int run_sample_study(const SampleStudyConfig& study, const StudyConfig& config,
                     const SampleStudyOptions& options) {
  const auto started = Clock::now();
  const std::vector<PlannedRun> runs = plan_runs(study, config);
  const std::unique_ptr<Stream> made = make_stream(
      device_kind(config.device), study.resolved[0].config.precision, static_cast<int>(config.threads));
  Stream& stream = *made;
  const std::int64_t lanes = study.lanes > 0 ? study.lanes : suitable_lanes(stream.device());
  fmt::print("{}", schedule_text(study, config, runs, lanes, stream));
  std::fflush(stdout);
  if (options.check) {
    check_schedule(study, runs, lanes, stream);
    return kExitDone;
  }
  const SampleStore store(options.out);
  if (options.resume) {  // before the configuration that is there is replaced
    for (const PlannedRun& run : runs) {
      store.check(run);
    }
    (void)store.results(study, config.name, runs);
  }
  begin_folder(config, options);
  StopRequest stop;
  StudyProgress progress;
  SampleRunner runner(study, runs, store, lanes, stream);
  SampleCallbacks callbacks;
  callbacks.message = [&](std::string_view text) { progress.message(text); };
  double before = -1;
  callbacks.progress = [&](const SampleProgress& p) {
    before = before < 0 ? p.steps_done - p.steps_here : before;
    progress.show(p.steps_done, p.steps, before,
                  fmt::format(" | {} of {} runs done, {} training", p.done, p.runs, p.training));
    if (options.max_seconds > 0 && seconds_since(started) >= options.max_seconds) {
      stop.request(StopCause::kTimeLimit);
    }
  };
  const SampleEnd end = runner.run(stop, callbacks);
  progress.finish();
  if (end == SampleEnd::kDone) {
    (void)measure_variances(study, runs, store, study.variance_draws, stream, runner.sources());
    (void)make_pictures(study, runs, store, kPictures, runner, stream);
  }
  const std::string device = name_of(stream.device());
  const std::string text = write_reports(study, config, store, runs, options.invocation, device);
  if (end == SampleEnd::kStopped) {
    fmt::print("stopped by {}; everything is saved; continue with: selfsame study --out {} --resume\n",
               stop.reason(), options.out.string());
    return stop.exit_code();
  }
  fmt::print("{}{:.1f} s. Written to {}: report.html, results.json, results.csv, points.csv\n", text,
             seconds_since(started), options.out.string());
  return kExitDone;
}

std::string write_sample_report(const fs::path& folder) {
  const StudyConfig config = load_study_config({{folder / kStudyFile}});
  const auto* study = std::get_if<SampleStudyConfig>(&config.study);
  if (study == nullptr) {
    fail(ErrorKind::kUsage, "{}: not a study of training sizes", (folder / kStudyFile).string());
  }
  const SampleStore store(folder);
  return write_reports(*study, config, store, plan_runs(*study, config),
                       fmt::format("selfsame study --config {} --out DIR", kStudyFile), "");
}

}  // namespace selfsame
