// SPDX-License-Identifier: Apache-2.0
// Every self-supervised objective put to the test on small networks: is its mean gradient that of the risk it
// claims, by how much not, and what does its variance cost? The test itself is put to the test first
// (--calibrate), and the laws of the variance are measured (--laws).
#include <fmt/chrono.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <fstream>

#include "bench/verify/calibration_part.hpp"
#include "bench/verify/laws_part.hpp"
#include "bench/verify/scenes.hpp"
#include "engine/run/environment.hpp"
#include "engine/verify/verification_report.hpp"

namespace selfsame::bench {
namespace {

// ---- the table

struct Scene {
  std::string_view name, network;
  const char *noise, *noise_text;  ///< JSON; for a person
  bool every_point;                ///< of the training; else half-way only
};
constexpr Scene kScenes[] = {
    {"unet", "unet", kGaussian, "sigma 25/255", true},
    {"dncnn", "dncnn", kGaussian, "sigma 25/255", true},
    {"poisson", "unet", R"({"type": "poisson", "peak": 30, "frozen": false})", "peak 30", false},
    {"photons", "unet", R"({"type": "poisson", "peak": 300, "frozen": false})", "peak 300", false},
    {"mixed", "unet", R"({"type": "poisson_gaussian", "peak": 300, "sigma": 10, "frozen": false})",
     "peak 300, sigma 10/255", false},
    {"gamma", "unet", R"({"type": "gamma", "looks": 10, "frozen": false})", "10 looks", false},
    {"kspace", "kspace", "", "", true},
    {"noisy_kspace", "noisy_kspace", "", "", true},
};

std::vector<std::string> scene_names() {
  std::vector<std::string> names;
  for (const Scene& scene : kScenes) {
    names.emplace_back(scene.name);
  }
  return names;
}

/// From this peak on a network is about linear over one photon.
constexpr float kManyPhotons = 300;

/// Options that fit the scene: eta as it would settle, because unsure has no fixed one; inputs of the split
/// between the columns of the centre and those that are sampled at acceleration 2.
void fit_options(std::vector<Subject>& subjects, const NoiseModel& noise) {
  const double sigma = noise.sigma;
  for (Subject& subject : subjects) {
    if (subject.objective.starts_with("sure_poisson") && noise.peak < kManyPhotons) {
      subject.label += ", few photons";  // which its claim excludes: the first order is not enough
      subject.control = true;
    }
    if (subject.objective == "sure_poisson" && sigma > 0) {
      subject.label += ", told nothing of the Gaussian part";
      subject.control = true;
    }
    if (subject.objective.starts_with("paper_split")) {
      subject.options["acceleration"] = 2.35;
    }
    if (subject.objective == "unsure" && sigma > 0) {
      subject.options["start"] = 1.3 * sigma * sigma;
      subject.label = "unsure, eta = 1.3 sigma^2";
    }
  }
}

void compare_all(const BenchOptions& o, const Scene& scene, Stream& stream,
                 std::vector<VerificationRecord>& records) {
  const TrainConfig config = scene_config(o, std::string(scene.network), scene.noise);
  const std::string noise_name = scene.noise_text;
  PairMaker maker(config, 0, o.lanes, o.batch, stream);
  VerificationRecord record;
  record.network = config.kspace ? "SENSE U-Net, 8 channels, 2 pools, 2 coils of 32x32"
                                 : make_model(model_options(config.model))->text();
  record.data = maker.text() + (noise_name.empty() ? "" : ", " + noise_name);
  record.command = o.command;
  record.tolerance = o.tolerance;
  std::vector<TrainedPoint> points = train_points(config, o.steps, stream, [&](std::int64_t step) {
    say(fmt::format("{}: training, step {}/{}", scene.name, step, o.steps));
    return true;
  });
  if (o.last) {
    points.erase(points.begin(), points.end() - 1);
  }
  VerificationOptions options;
  options.most_draws = o.draws;
  options.seconds = o.seconds;
  std::vector<Subject> subjects =
      config.kspace ? kspace_subjects(config) : image_subjects(noise_model(config.noise));
  fit_options(subjects, noise_model(config.noise));
  std::erase_if(subjects, [&](const Subject& s) {
    // Robust SSDU is told the noise that it must find: without any, what it takes for noise is signal.
    return config.kspace && (s.objective == "robust_ssdu") != (scene.name == "noisy_kspace");
  });
  say("");
  fmt::print("\r\033[K\n{}; {}\n{}\n", record.network, record.data, comparison_head());
  record.alpha = options.alpha = 0.05 / static_cast<double>(points.size());
  for (const Subject& subject : subjects) {
    if (!o.only.empty() && std::find(o.only.begin(), o.only.end(), subject.objective) == o.only.end()) {
      continue;
    }
    std::unique_ptr<GradientPairs> pairs;
    try {
      pairs = maker.make(subject);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUsage) {
        throw;
      }
      fmt::print("{}: left out here: {}\n", subject.label, error.what());
      continue;
    }
    for (std::size_t p = 0; p < points.size(); ++p) {
      if ((subject.control || !scene.every_point) && p != points.size() / 2) {
        continue;
      }
      options.tolerance = subject.control ? 1e-9 : o.tolerance;
      Comparison c = compare_gradients(
          *pairs, points[p], subject.claim, options, [&](std::int64_t done, std::int64_t most) {
            say(fmt::format("{} at {}: {} of at most {} draws", subject.label, points[p].name, done, most));
            return true;
          });
      c.objective = subject.label;
      c.control = subject.control;
      say("");
      fmt::print("{}\n", comparison_line(c));
      std::fflush(stdout);
      record.comparisons.push_back(std::move(c));
    }
  }
  records.push_back(std::move(record));
}

int run(BenchOptions o) {
  Stream stream(DeviceKind::kCpu, o.threads);
  Json document;
  document["bench"] = "gradient_unbiasedness";
  document["command"] = o.command;
  document["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  for (const auto& [key, value] : build_and_machine()) {
    document["environment"][key] = value;
  }
  document["images"] = o.images.empty() ? "dead leaves" : std::filesystem::path(o.images).filename().string();
  std::vector<VerificationRecord> records;
  if (o.calibrate) {
    document["calibration"] = calibrate_all(o, stream);
  }
  std::vector<VarianceLaw> laws;
  if (o.laws) {
    laws = measure_laws(o, stream);
    document["gradient_statistics"] = histograms(o, stream);
  }
  if (o.table || (!o.calibrate && !o.laws)) {
    for (const std::string& scene : o.scenes) {
      const auto known = std::find_if(std::begin(kScenes), std::end(kScenes),
                                      [&](const Scene& s) { return s.name == scene; });
      compare_all(o, *known, stream, records);
    }
  }
  if (records.empty() && !laws.empty()) {
    records.emplace_back();
    records.back().command = o.command;
  }
  if (!laws.empty()) {
    records.front().laws = laws;
  }
  for (const VerificationRecord& record : records) {
    document["records"].push_back(Json::parse(to_json(record)));
  }
  if (!o.json.empty()) {
    std::ofstream(o.json) << document.dump(1) << "\n";
  }
  if (!o.report.empty()) {
    VerificationRecord all;
    all.command = o.command;
    all.tolerance = o.tolerance;
    all.network = "several, see the rows";
    for (VerificationRecord& record : records) {
      all.alpha = record.alpha;
      all.laws.insert(all.laws.end(), record.laws.begin(), record.laws.end());
      for (Comparison& c : record.comparisons) {
        c.point += ", " + record.network.substr(0, record.network.find(','));
        all.comparisons.push_back(std::move(c));
      }
    }
    std::ofstream(o.report) << verification_report(all);
  }
  return 0;
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  CLI::App app{
      "Are the gradients of the self-supervised objectives unbiased? On small networks, with the test's own "
      "error rates and the laws of the variance"};
  selfsame::bench::BenchOptions o;
  app.add_option("--images", o.images, "Folder or .npy of gray images; default: generated ones");
  app.add_option("--scenes", o.scenes, "Networks and noise")
      ->delimiter(',')
      ->check(CLI::IsMember(selfsame::bench::scene_names()))
      ->capture_default_str();
  app.add_option("--objectives", o.only, "Only these objectives")->delimiter(',');
  app.add_flag("--table", o.table,
               "The table of all objectives; the default unless something else is asked for");
  app.add_flag("--calibrate", o.calibrate, "Null rejection rate and power of the test");
  app.add_flag("--laws", o.laws, "Excess variance against noise and masks, and the gradient statistics");
  app.add_option("--steps", o.steps,
                 "Training steps; compared at the start, half-way and at the end. Few: later the mean "
                 "gradient is small "
                 "beside its noise, and a bound of 1 % of it takes very many draws")
      ->capture_default_str();
  app.add_flag("--last", o.last, "Compare at the end of the training only");
  app.add_option("--draws", o.draws, "Most draws of a verdict")->capture_default_str();
  app.add_option("--seconds", o.seconds, "Fewer draws if they would take longer")->capture_default_str();
  app.add_option("--tolerance", o.tolerance, "Relative bias that does not matter")->capture_default_str();
  app.add_option(
         "--law-draws", o.law_draws,
         "For the constant of the law of masks: single gradients differ much, 2000 give an error of 2 %")
      ->capture_default_str();
  app.add_option("--repeats", o.repeats, "Of the calibration")->capture_default_str();
  app.add_option("--power-repeats", o.power_repeats, "Of the power")->capture_default_str();
  app.add_option("--calibration-batch", o.calibration_batch, "Examples of a draw of the calibration")
      ->capture_default_str();
  app.add_option("--bias", o.bias, "Planted for the power")->capture_default_str();
  app.add_option("--crop", o.crop, "Side of the crops")->capture_default_str();
  app.add_option("--batch", o.batch, "Examples of a draw")->capture_default_str();
  app.add_option("--seed", o.seed, "Of networks and draws")->capture_default_str();
  app.add_option("--threads", o.threads, "CPU threads")->capture_default_str();
  app.add_option("--json", o.json, "Write all numbers to this file");
  app.add_option("--report", o.report, "Write a page with tables and pictures");
  CLI11_PARSE(app, argc, argv);
  o.command = "gradient_unbiasedness";
  for (int i = 1; i < argc; ++i) {
    o.command += std::string(" ") + argv[i];
  }
  try {
    return selfsame::bench::run(o);
  } catch (const std::exception& error) {
    fmt::print(stderr, "gradient_unbiasedness: {}\n", error.what());
    return 2;
  }
}
