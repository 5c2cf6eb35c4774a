// SPDX-License-Identifier: Apache-2.0
// selfsame evaluate: PSNR and SSIM of a trained network, or of volumes that exist (evaluate_volumes.hpp).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/commands/evaluate_volumes.hpp"
#include "engine/commands/kspace_commands.hpp"
#include "engine/commands/trained_network.hpp"
#include "engine/commands/trained_reconstruction.hpp"
#include "engine/config/json_value.hpp"
#include "engine/data/image_source.hpp"
#include "engine/setup/setup.hpp"
#include "engine/training/validation.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/metrics/metrics.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::int64_t kSsimWindow = 7;
constexpr const char* kPsnrDefinition = "10 log10(1 / MSE) in dB, peak 1";
constexpr const char* kSsimDefinition = "7x7 uniform window, sample covariance, data range 1";
constexpr const char* kOutputDefinition = "clipped to [0, 1]";
constexpr const char* kNoisyDefinition = "not clipped";

struct EvaluateArguments {
  std::string run, checkpoint = "best", data, targets, json, save, device = "auto";
  std::uint64_t noise_seed = 0;
  double sigma = -1;
  int threads = 0;
  EvaluateVolumesArguments volumes;  ///< its json is not used
  bool tune = false;
};

struct Quality {
  double psnr = 0, ssim = 0;
};

struct ImageRow {
  std::string name;
  int width = 0, height = 0;
  Quality noisy, output;
};

struct TestImages {
  std::shared_ptr<const ImageSource> source;
  std::vector<std::uint32_t> examples;
  std::vector<std::string> warnings;
  std::string text;
};

TestImages open_test_images(const EvaluateArguments& a, const TrainConfig& config, const Model& model) {
  TestImages test;
  if (a.data.empty()) {
    RunData data = open_run_data(config, model);
    test.source = data.validation;
    test.examples = data.validation_examples;
    test.text = "the run's validation images";
    return test;
  }
  OpenOptions options;
  options.channels = channel_mode(config.data);
  options.min_height = options.min_width = static_cast<int>(std::max(kSsimWindow, model.minimum_size()));
  PairOptions pairs;
  pairs.open = options;
  OpenedImages opened =
      a.targets.empty() ? open_images(a.data, options) : open_pairs(a.data, a.targets, pairs);
  test.source = opened.source;
  test.warnings = opened.warnings;
  test.text = a.targets.empty() ? a.data : fmt::format("{} against {}", a.data, a.targets);
  for (std::int64_t i = 0; i < test.source->count(); ++i) {
    test.examples.push_back(static_cast<std::uint32_t>(i));
  }
  return test;
}

/// All images that are too small, in one error; a run's own validation set may hold images that SSIM cannot
/// take.
void check_sizes(const TestImages& test, const Model& model) {
  const std::int64_t least = std::max(kSsimWindow, model.minimum_size());
  std::string small;
  for (const std::uint32_t example : test.examples) {
    const ImageInfo info = test.source->info(example);
    if (info.height < least || info.width < least) {
      small += fmt::format("\n  {}: {}x{}", test.source->name(example), info.width, info.height);
    }
  }
  if (!small.empty()) {
    fail(ErrorKind::kData, "images below {0}x{0} pixels, which {1} and SSIM need:{2}", least, model.text(),
         small);
  }
}

NoiseConfig test_noise(const EvaluateArguments& a, const TrainConfig& config) {
  NoiseConfig noise = config.noise;
  if (a.sigma >= 0) {
    if (noise.type != NoiseConfig::Type::kPoissonGaussian) {
      noise.type = NoiseConfig::Type::kGaussian;
    }
    noise.sigma = a.sigma;
  }
  return noise;
}

std::string noise_text(const NoiseConfig& noise, bool paired, std::uint64_t seed) {
  if (paired) {
    return "measured pairs, none added";
  }
  switch (noise.type) {
    case NoiseConfig::Type::kNone:
      return "none added";
    case NoiseConfig::Type::kGaussian:
      return fmt::format("gaussian, sigma {:g} of {:g}, seed {}", noise.sigma, noise.unit, seed);
    case NoiseConfig::Type::kPoisson:
      return fmt::format("poisson, peak {:g}, seed {}", noise.peak, seed);
    case NoiseConfig::Type::kPoissonGaussian:
      return fmt::format("poisson, peak {:g}, and gaussian, sigma {:g} of {:g}, seed {}", noise.peak,
                         noise.sigma, noise.unit, seed);
    case NoiseConfig::Type::kGamma:
      return fmt::format("gamma, {:g} looks, seed {}", noise.looks, seed);
  }
  return "";
}

Quality quality(std::span<const float> target, std::span<const float> image, const ImageSize& size) {
  return {psnr(target, image, 1.0), ssim(target, image, size, 1.0)};
}

void save_png(const fs::path& folder, std::size_t number, const char* what, const Image& like,
              const std::vector<float>& pixels) {
  Image image = like;
  image.pixels = pixels;
  write_png((folder / fmt::format("{:04}-{}.png", number, what)).string(), viewable(std::move(image)), 8);
}

class Evaluation {
 public:
  Evaluation(TrainedNetwork& network, const TestImages& test, const NoiseModel& noise, std::uint64_t seed,
             int threads)
      : network_(network), test_(test), noise_(noise), seed_(seed), stream_(DeviceKind::kCpu, threads) {}

  /// @param number  of the image, from 0; names the files below `save` unless that is empty
  ImageRow row(std::size_t number, const fs::path& save) {
    const std::uint32_t example = test_.examples[number];
    Image image;
    std::vector<float> noisy, target;
    if (test_.source->paired()) {
      ImagePair pair = test_.source->load_pair(example);
      noisy = pair.first.pixels;
      target = std::move(pair.second.pixels);
      image = std::move(pair.first);
    } else {
      image = test_.source->load(example);
      noisy = noisy_pixels(image, example, 0, noise_, seed_, RandomPurpose::kTestNoise, stream_);
      target = image.pixels;
    }
    std::vector<float> output(target.size());
    network_.predictor->predict(output.data(), noisy.data(), 1, image.height, image.width);
    for (float& value : output) {
      value = std::clamp(value, 0.0f, 1.0f);
    }
    const ImageSize size{image.channels, image.height, image.width};
    if (!save.empty()) {
      save_png(save, number, "noisy", image, noisy);
      save_png(save, number, "output", image, output);
      save_png(save, number, "target", image, target);
    }
    return {test_.source->name(example), image.width, image.height, quality(target, noisy, size),
            quality(target, output, size)};
  }

 private:
  TrainedNetwork& network_;
  const TestImages& test_;
  NoiseModel noise_;
  std::uint64_t seed_;
  Stream stream_;  // of the host, where noise is added: the same bits for every device
};

struct Mean {
  double mean = 0, error = 0;  ///< standard error of the mean: sample deviation / sqrt(n); NaN for one image
};

Mean mean_of(const std::vector<ImageRow>& rows, Quality ImageRow::*which, double Quality::*value) {
  const auto n = static_cast<double>(rows.size());
  Mean m;
  for (const ImageRow& row : rows) {
    m.mean += row.*which.*value / n;
  }
  double squares = 0;
  for (const ImageRow& row : rows) {
    squares += std::pow(row.*which.*value - m.mean, 2);
  }
  m.error = rows.size() > 1 ? std::sqrt(squares / (n - 1) / n) : std::nan("");
  return m;
}

JsonValue number(double value) { return std::isfinite(value) ? JsonValue::of(value) : JsonValue::null(); }

JsonValue json_of(const Quality& q) {
  JsonValue v = JsonValue::object();
  v.add("psnr", number(q.psnr));
  v.add("ssim", number(q.ssim));
  return v;
}

JsonValue json_of_mean(const std::vector<ImageRow>& rows, Quality ImageRow::*which) {
  JsonValue v = JsonValue::object();
  const Mean p = mean_of(rows, which, &Quality::psnr), s = mean_of(rows, which, &Quality::ssim);
  v.add("psnr", number(p.mean));
  v.add("psnr_standard_error", number(p.error));
  v.add("ssim", number(s.mean));
  v.add("ssim_standard_error", number(s.error));
  return v;
}

std::string json_text_of(const TrainedNetwork& network, const TestImages& test, const std::string& noise,
                         std::uint64_t seed, const std::vector<ImageRow>& rows) {
  JsonValue root = JsonValue::object();
  root.add("checkpoint", JsonValue::of(network.file.string()));
  root.add("step", network.step >= 0 ? JsonValue::of(network.step) : JsonValue::null());
  root.add("weights", JsonValue::of(network.weights));
  root.add("model", JsonValue::of(network.model->text()));
  root.add("data", JsonValue::of(test.text));
  root.add("noise", JsonValue::of(noise));
  root.add("noise_seed", JsonValue::of(static_cast<std::int64_t>(seed)));
  JsonValue& definitions = root.add("definitions", JsonValue::object());
  definitions.add("psnr", JsonValue::of(kPsnrDefinition));
  definitions.add("ssim", JsonValue::of(kSsimDefinition));
  definitions.add("output", JsonValue::of(kOutputDefinition));
  definitions.add("noisy", JsonValue::of(kNoisyDefinition));
  JsonValue& mean = root.add("mean", JsonValue::object());
  mean.add("images", JsonValue::of(static_cast<std::int64_t>(rows.size())));
  mean.add("noisy", json_of_mean(rows, &ImageRow::noisy));
  mean.add("output", json_of_mean(rows, &ImageRow::output));
  JsonValue& images = root.add("images", JsonValue::array());
  for (const ImageRow& row : rows) {
    JsonValue image = JsonValue::object();
    image.add("name", JsonValue::of(row.name));
    image.add("width", JsonValue::of(static_cast<std::int64_t>(row.width)));
    image.add("height", JsonValue::of(static_cast<std::int64_t>(row.height)));
    image.add("noisy", json_of(row.noisy));
    image.add("output", json_of(row.output));
    images.items.push_back(std::move(image));
  }
  return json_text(root) + "\n";
}

void print_table(const std::vector<ImageRow>& rows) {
  std::size_t width = 14;
  for (const ImageRow& row : rows) {
    width = std::max(width, row.name.size());
  }
  fmt::print("\n{:<{}}  {:>11}  {:>10}  {:>7}  {:>11}  {:>7}\n", "image", width, "size", "noisy PSNR", "SSIM",
             "output PSNR", "SSIM");
  for (const ImageRow& row : rows) {
    fmt::print("{:<{}}  {:>11}  {:>10.3f}  {:>7.4f}  {:>11.3f}  {:>7.4f}\n", row.name, width,
               fmt::format("{}x{}", row.width, row.height), row.noisy.psnr, row.noisy.ssim, row.output.psnr,
               row.output.ssim);
  }
  const Mean np = mean_of(rows, &ImageRow::noisy, &Quality::psnr);
  const Mean ns = mean_of(rows, &ImageRow::noisy, &Quality::ssim);
  const Mean op = mean_of(rows, &ImageRow::output, &Quality::psnr);
  const Mean os = mean_of(rows, &ImageRow::output, &Quality::ssim);
  fmt::print("{:<{}}  {:>11}  {:>10.3f}  {:>7.4f}  {:>11.3f}  {:>7.4f}\n", "mean", width,
             fmt::format("{} images", rows.size()), np.mean, ns.mean, op.mean, os.mean);
  if (rows.size() > 1) {
    fmt::print("{:<{}}  {:>11}  {:>10.3f}  {:>7.4f}  {:>11.3f}  {:>7.4f}\n", "standard error", width, "",
               np.error, ns.error, op.error, os.error);
  }
}

void print_head(const TrainedNetwork& network, const TestImages& test, const std::string& noise) {
  fmt::print("{}\n{}\n{} images: {}; noise: {}\n", network.model->text(), network.text(),
             test.examples.size(), test.text, noise);
  fmt::print("PSNR: {}. SSIM: {}.\nThe output is {}; the noisy input is {}.\n", kPsnrDefinition,
             kSsimDefinition, kOutputDefinition, kNoisyDefinition);
}

int evaluate(const EvaluateArguments& a) {
  if (!a.volumes.reference.empty() || !a.volumes.prediction.empty()) {
    EvaluateVolumesArguments volumes = a.volumes;
    volumes.json = a.json;
    return evaluate_volumes(volumes);
  }
  if (a.run.empty()) {
    fail(ErrorKind::kUsage,
         "give --run DIR to evaluate a trained network, or --reference and --prediction to compare volumes");
  }
  if (is_reconstruction_run(a.run)) {
    if (!a.targets.empty() || a.sigma >= 0) {
      fail(ErrorKind::kUsage, "--targets and --sigma belong to images: the run reconstructs k-space");
    }
    return evaluate_kspace({a.run, a.checkpoint, a.data, a.json, a.save, a.device, a.threads, a.tune});
  }
  Stream stream(device_kind(a.device), a.threads);
  TrainedNetwork network = open_run(a.run, a.checkpoint, Predictor::kDefaultTilePixels, stream);
  const TrainConfig& config = *network.config;
  if (!a.targets.empty() && a.data.empty()) {
    fail(ErrorKind::kUsage, "--targets needs --data");
  }
  if (std::holds_alternative<PairsSourceConfig>(config.data.train) && !a.data.empty() && a.targets.empty() &&
      a.sigma < 0) {
    fail(ErrorKind::kUsage,
         "the run was trained on measured pairs: give --targets with --data, or the noise to add with "
         "--sigma");
  }
  const TestImages test = open_test_images(a, config, *network.model);
  check_sizes(test, *network.model);
  const NoiseConfig noise = test_noise(a, config);
  const std::string said = noise_text(noise, test.source->paired(), a.noise_seed);
  if (!a.save.empty()) {
    make_folder(a.save);
  }
  for (const std::string& warning : test.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  if (!network.warning.empty()) {
    fmt::print(stderr, "warning: {}\n", network.warning);
  }
  const bool only_json = a.json == "-";
  if (!only_json) {
    print_head(network, test, said);
  }
  Evaluation evaluation(network, test, noise_model(noise), a.noise_seed, a.threads);
  std::vector<ImageRow> rows;
  for (std::size_t i = 0; i < test.examples.size(); ++i) {
    rows.push_back(evaluation.row(i, a.save));
  }
  if (!only_json) {
    print_table(rows);
  }
  const std::string json = json_text_of(network, test, said, a.noise_seed, rows);
  if (only_json) {
    fmt::print("{}", json);
  } else if (!a.json.empty()) {
    write_file_atomically(a.json, json);
  }
  return 0;
}

void add_network_options(CLI::App& group, EvaluateArguments& a) {
  group.add_option("--run", a.run, "Run folder of selfsame train")->type_name("DIR");
  group.add_option("--checkpoint", a.checkpoint, "best (default), last, or a file")
      ->type_name("best|last|FILE");
  group.add_option("--data", a.data, "Test images, or k-space files; default: the run's validation data")
      ->type_name("PATH");
  group
      .add_option(
          "--targets", a.targets,
          "What the images of --data are compared with, matched by name: measured pairs, no noise is added")
      ->type_name("PATH");
  group.add_option("--noise-seed", a.noise_seed, "Seed of the test noise; default 0")->type_name("N");
  group
      .add_option("--sigma", a.sigma,
                  "Gaussian noise level in the unit of the run's /noise/unit; default: the run's noise")
      ->type_name("S")
      ->check(CLI::NonNegativeNumber);
  group.add_flag("--tune", a.tune, "Of k-space: choose the classical methods' weights on the test slices");
  group.add_option("--save", a.save, "Write NUMBER-noisy.png, -output.png and -target.png of every image")
      ->type_name("DIR");
  group.add_option("--device", a.device, "auto (a GPU if one answers), cpu, cuda or simulated")
      ->type_name("NAME");
  group.add_option("--threads", a.threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_evaluate_command(const CommandContext& context) {
  auto a = std::make_shared<EvaluateArguments>();
  CLI::App* command = context.app.add_subcommand(
      "evaluate", "Quality of a trained network on test images, or of reconstructed volumes");
  command->add_option("--json", a->json, "Write the table as JSON; '-' prints nothing else")
      ->type_name("FILE|-");
  CLI::App* network = command->add_option_group("A trained network");
  add_network_options(*network, *a);
  CLI::App* volumes = command->add_option_group("Volumes that exist already");
  add_volume_options(*volumes, a->volumes);
  network->excludes(volumes);
  command->footer(
      "A network: the noise of an image depends on the seed and on its place in the data alone, so that all\n"
      "runs evaluated on the same data see the same noisy images.\n"
      "Volumes: .npy files (slices, h, w) or (h, w), real or complex; the rules are printed with the "
      "numbers.\n"
      "Examples: selfsame evaluate --run runs/first --data images/Set12 --json set12.json\n"
      "          selfsame evaluate --reference targets --prediction reconstructions --rules fastmri");
  command->final_callback([a, &body = context.body] { body = [a] { return evaluate(*a); }; });
}

}  // namespace selfsame
