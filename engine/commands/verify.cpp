// SPDX-License-Identifier: Apache-2.0
// selfsame verify: are the gradients of the objective unbiased, with this network, these data and this noise?
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/commands/trained_network.hpp"
#include "engine/run/duration.hpp"
#include "engine/run/exit_code.hpp"
#include "engine/run/stop_request.hpp"
#include "engine/verify/pair_maker.hpp"
#include "engine/verify/training_points.hpp"
#include "engine/verify/verification_record.hpp"
#include "engine/verify/verification_report.hpp"
#include "kernels/base/registry.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace {

struct VerifyArguments {
  std::vector<std::string> configs, overrides;
  std::string objectives, run, checkpoint = "last", device, json, report;
  std::int64_t steps = 200, draws = 4096, crop = -1, lanes = 8, batch = 8;
  double seconds = 8, tolerance = 0.05;
  int threads = -1;
  bool no_controls = false;
};

/// Progress of a verification on standard error: one redrawn line on a terminal, else nothing between lines.
class Ticker {
 public:
  explicit Ticker(bool quiet) : terminal_(!quiet && isatty(STDERR_FILENO) != 0) {}
  void show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (terminal_ && now - shown_ > std::chrono::milliseconds(100)) {
      fmt::print(stderr, "\r\033[K{}", text);
      std::fflush(stderr);
      shown_ = now;
    }
  }
  void clear() const {
    if (terminal_) {
      fmt::print(stderr, "\r\033[K");
    }
  }

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point shown_;
};

TrainConfig read_config(const VerifyArguments& a) {
  std::vector<std::string> overrides = a.overrides;
  if (a.threads >= 0) {
    overrides.push_back(fmt::format("threads={}", a.threads));
  }
  if (!a.device.empty()) {
    overrides.push_back(fmt::format("device={}", a.device));
  }
  std::vector<std::filesystem::path> files(a.configs.begin(), a.configs.end());
  if (files.empty() && !a.run.empty()) {
    files.push_back(std::filesystem::path(a.run) / "config.json");
  }
  if (files.empty()) {
    fail(ErrorKind::kUsage, "--config FILE or --run DIR is needed");
  }
  return load_train_config(files, overrides);
}

std::vector<Subject> all_subjects(const TrainConfig& config) {
  return config.kspace ? kspace_subjects(config) : image_subjects(noise_model(config.noise));
}

/// What is asked for: the configured objective, names, or "all". In place of a supervised one, which is the
/// yardstick itself, Noise2Noise or K-weighted SSDU.
std::vector<Subject> main_subjects(const VerifyArguments& a, const TrainConfig& config) {
  if (a.objectives == "all") {
    return all_subjects(config);
  }
  std::vector<std::string> names = CLI::detail::split(a.objectives, ',');
  if (a.objectives.empty()) {
    if (!objective_name(config.objective).starts_with("supervised")) {
      return configured_subjects(config);
    }
    names = {config.kspace ? "weighted_ssdu" : "noise2noise"};
  }
  std::vector<Subject> chosen;
  for (const std::string& name : names) {
    const std::size_t before = chosen.size();
    for (const Subject& subject : all_subjects(config)) {
      if (subject.objective == name && subject.label == name) {
        chosen.push_back(subject);
      }
    }
    if (chosen.size() == before) {
      fail(ErrorKind::kUsage, "--objectives: '{}' is none of those that fit this configuration: {}", name,
           names_of(all_subjects(config), [](const Subject& s) { return s.label; }));
    }
  }
  return chosen;
}

/// The tolerance of a bias that must be found.
constexpr double kAnyAmount = 1e-9;

/// A quarter of the work of 64x64, and the same question.
std::int64_t small_crop(const TrainConfig& config) {
  constexpr std::int64_t kSmall = 32;
  const std::int64_t side = config.data.crop.size;
  const std::int64_t least = config.kspace ? 0 : 2 * make_model(model_options(config.model))->minimum_size();
  return side == 0 ? std::max(kSmall, least) : std::min(side, std::max(kSmall, least));
}

bool same_claim(const Subject& a, const Subject& b) { return a.label == b.label && a.claim == b.claim; }

std::vector<Subject> controls_beside(const std::vector<Subject>& subjects, const TrainConfig& config) {
  std::vector<Subject> controls;
  for (const Subject& control :
       config.kspace ? kspace_controls(config) : image_controls(noise_model(config.noise))) {
    const bool there = std::any_of(subjects.begin(), subjects.end(),
                                   [&](const Subject& s) { return same_claim(s, control); });
    if (!there) {
      controls.push_back(control);
    }
  }
  return controls;
}

TrainedPoint point_of_run(const VerifyArguments& a, const TrainConfig& config, Stream& stream) {
  if (config.kspace) {
    fail(ErrorKind::kUsage, "--run: so far of denoising runs; without it the network is trained for --steps");
  }
  const TrainedNetwork network = open_run(a.run, a.checkpoint, Predictor::kDefaultTilePixels, stream);
  const Parameters& p = network.predictor->parameters();
  return {network.step >= 0 ? fmt::format("step {}", network.step) : a.checkpoint,
          {p.host_values<float>(), p.host_values<float>() + p.lane_size()},
          {p.host_buffers<float>(), p.host_buffers<float>() + p.buffer_lane_size()}};
}

std::vector<TrainedPoint> points_of(const VerifyArguments& a, const TrainConfig& config, Stream& stream,
                                    const StopRequest& stop, Ticker& ticker) {
  if (!a.run.empty()) {
    return {point_of_run(a, config, stream)};
  }
  const auto points = train_points(config, a.steps, stream, [&](std::int64_t step) {
    ticker.show(fmt::format("training the network: step {}/{}", step, a.steps));
    return !stop.requested();
  });
  ticker.clear();
  return points;
}

void write_results(const VerifyArguments& a, const VerificationRecord& record) {
  if (a.json == "-") {
    fmt::print("{}", to_json(record));
  } else if (!a.json.empty()) {
    write_file_atomically(a.json, to_json(record));
  }
  if (!a.report.empty()) {
    write_file_atomically(a.report, verification_report(record));
  }
}

int verify(const VerifyArguments& a, const std::string& invocation) {
  const TrainConfig config = read_config(a);
  const std::unique_ptr<Stream> stream =
      make_stream(device_kind(config.device), config.precision, static_cast<int>(config.threads));
  std::FILE* out = a.json == "-" ? stderr : stdout;
  StopRequest stop;
  Ticker ticker(false);
  const std::vector<Subject> subjects = main_subjects(a, config);
  const std::vector<Subject> controls =
      a.no_controls ? std::vector<Subject>{} : controls_beside(subjects, config);
  const std::int64_t crop = a.crop >= 0 ? a.crop : small_crop(config);
  PairMaker maker(config, crop, a.lanes, a.batch, *stream);
  VerificationRecord record;
  record.network = config.kspace ? std::string("reconstruction network of the configuration")
                                 : make_model(model_options(config.model))->text();
  record.data = maker.text();
  record.command = invocation;
  record.tolerance = a.tolerance;
  fmt::print(out, "network    {}\ndata       {}\ndevice     {}\n", record.network, record.data,
             computing_text(*stream, config.precision));
  const std::vector<TrainedPoint> points = points_of(a, config, *stream, stop, ticker);
  fmt::print(out,
             "verdicts   relative bias of the mean gradient; 5 % of unbiased ones are called biased by "
             "chance;\n           biases of at most {} do not matter (--tolerance)\n\n{}\n",
             percent_text(a.tolerance), comparison_head());
  VerificationOptions options;
  options.most_draws = a.draws;
  options.seconds = a.seconds;
  options.tolerance = a.tolerance;
  const auto compare = [&](const Subject& subject, std::span<const TrainedPoint> at, bool control) {
    std::unique_ptr<GradientPairs> pairs;
    try {
      pairs = maker.make(subject);
    } catch (const Error& error) {
      if (!control || error.kind() != ErrorKind::kUsage) {
        throw;
      }
      fmt::print(out, "{:<31} left out: {}\n", subject.label, error.what());
      return;
    }
    // A bias that is claimed, or planted, must be found whether it matters or not.
    VerificationOptions own = options;
    if (control || !pairs->claims().at(subject.claim).unbiased) {
      own.tolerance = kAnyAmount;
    }
    for (const TrainedPoint& point : at) {
      if (stop.requested()) {
        return;
      }
      Comparison c =
          compare_gradients(*pairs, point, subject.claim, own, [&](std::int64_t done, std::int64_t most) {
            ticker.show(
                fmt::format("{} at {}: {} draws of at most {}", subject.label, point.name, done, most));
            return !stop.requested();
          });
      c.objective = subject.label;
      c.control = control;
      ticker.clear();
      if (stop.requested()) {
        return;
      }
      fmt::print(out, "{}\n", comparison_line(c));
      std::fflush(out);
      record.comparisons.push_back(std::move(c));
    }
  };
  options.alpha = record.alpha = 0.05 / static_cast<double>(points.size());
  for (const Subject& subject : subjects) {
    compare(subject, points, false);
  }
  if (!controls.empty()) {
    fmt::print(out, "\nnegative controls, which must be found biased by any amount\n");
    const std::size_t middle = points.size() / 2;
    for (const Subject& control : controls) {
      compare(control, std::span(points).subspan(middle, 1), true);
    }
  }
  write_results(a, record);
  if (stop.requested()) {
    return stop.exit_code();
  }
  fmt::print(out, "\n{}\n", summary_text(record));
  return record.all_as_claimed() ? kExitDone : kExitRefuted;
}

}  // namespace

void add_verify_command(const CommandContext& context) {
  auto a = std::make_shared<VerifyArguments>();
  CLI::App* command = context.app.add_subcommand(
      "verify", "Is the gradient of the objective unbiased, with this network, data and noise?");
  command->add_option("--config", a->configs, "Configuration file; several merge from left to right")
      ->type_name("FILE");
  command->add_option("--set", a->overrides, "Override one key, e.g. --set noise.sigma=50")
      ->type_name("KEY=VALUE");
  command
      ->add_option("--objectives", a->objectives,
                   "Names with commas, or all; default: the configuration's (if that is supervised: "
                   "noise2noise, weighted_ssdu)")
      ->type_name("NAMES");
  command
      ->add_option("--steps", a->steps,
                   "Train the network for so many steps and compare at the start, half-way, at the end")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--run", a->run, "Compare at the weights of this run instead")->type_name("DIR");
  command->add_option("--checkpoint", a->checkpoint, "Of the run: last, best or a file")
      ->capture_default_str();
  command->add_option("--draws", a->draws, "Most pairs of gradients for one verdict")
      ->check(CLI::Range(64, 1 << 24))
      ->capture_default_str();
  command->add_option("--seconds", a->seconds, "Fewer pairs if they would take longer; 0 = no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--tolerance", a->tolerance, "Relative bias that does not matter")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--crop", a->crop,
                   "Side of the crops in pixels; 0: the configuration's; default: at most 32")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--lanes", a->lanes, "Pairs made at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--batch", a->batch, "Examples of a draw: the variance ratio does not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--no-controls", a->no_controls, "Leave out the negative controls");
  command->add_option("--json", a->json, "Write all numbers to this file, - for standard output")
      ->type_name("FILE");
  command->add_option("--report", a->report, "Write a page with tables and pictures")->type_name("FILE.html");
  command->add_option("--device", a->device, "auto, cpu, cuda or simulated")->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all")->type_name("N");
  command->footer(
      "For every draw of an example, noise or a mask, the gradient of the objective and that of the\n"
      "supervised risk which it stands for are computed at the same weights; their mean difference is\n"
      "tested. Exit code 0: every objective is what it claims to be, and every negative control was found\n"
      "biased; 7: not. What the numbers mean: docs/verification.md.");
  const std::string invocation = context.invocation;
  command->final_callback(
      [a, invocation, &body = context.body] { body = [a, invocation] { return verify(*a, invocation); }; });
}

}  // namespace selfsame
