// SPDX-License-Identifier: Apache-2.0
// bench/train_throughput: time of a whole training step (noise, forward, squared error, backward, clipping,
// Adam) for a table of networks, the share of it that the convolutions take, and the memory against the plan.
// On a GPU a step is a graph, and the shares come from further steps whose ops are waited for one by one.
#include <sys/resource.h>

#include <fmt/chrono.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/run/environment.hpp"
#include "engine/setup/setup.hpp"
#include "engine/training/denoising_pass.hpp"
#include "engine/training/training_step.hpp"
#include "kernels/device/op_range.hpp"
#include "losses/registry.hpp"
#include "models/network.hpp"

namespace selfsame {
namespace {

using Clock = std::chrono::steady_clock;

struct Row {
  ModelOptions model;
  std::int64_t batch, h, w;
};

const Row kRows[] = {
    {UNetOptions{1, 1, 32, 4, true}, 4, 128, 128}, {UNetOptions{1, 1, 32, 2, true}, 16, 64, 64},
    {UNetOptions{1, 1, 32, 4, true}, 1, 320, 320}, {UNetOptions{3, 3, 56, 2, true}, 1, 128, 128},
    {UNetOptions{1, 1, 48, 2, true}, 16, 64, 64},  {DnCnnOptions{1, 1, 64, 17}, 4, 64, 64},
};

std::string name_of(const Row& row) {
  if (const auto* u = std::get_if<UNetOptions>(&row.model)) {
    return fmt::format("unet {}x{}x{}x{} chans {} pools {}", row.batch, u->in_channels, row.h, row.w,
                       u->channels, u->pools);
  }
  const auto& d = std::get<DnCnnOptions>(row.model);
  return fmt::format("dncnn {}x{}x{}x{} chans {} depth {}", row.batch, d.in_channels, row.h, row.w,
                     d.channels, d.layers);
}

std::vector<Row> rows_of(const std::string& networks) {
  if (networks.empty()) {
    return {std::begin(kRows), std::end(kRows)};
  }
  std::vector<Row> rows;
  const auto side = [](const nlohmann::json& n, const char* name) {
    return n.contains(name) ? n.at(name) : n.at(std::string(1, name[0]));
  };
  for (const nlohmann::json& n : nlohmann::json::parse(networks)) {
    const int in = n.value("in", 1);
    const int channels = n.value("chans", 32);
    Row row{UNetOptions{in, in, channels, n.value("pools", 4), true}, n.at("batch"), side(n, "height"),
            side(n, "width")};
    if (n.value("type", n.value("network", "unet")) == "dncnn") {
      row.model = DnCnnOptions{in, in, channels, n.value("depth", 17)};
    }
    rows.push_back(row);
  }
  return rows;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// Half the distance between the quartiles.
double spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return 0.5 * (values[values.size() * 3 / 4] - values[values.size() / 4]);
}

std::string precision_name(TrainConfig::Precision p) {
  return std::string(choice_names(p)[static_cast<std::size_t>(p)]);
}

struct BenchOptions {
  std::string networks, json;
  DeviceKind device = DeviceKind::kCpu;
  TrainConfig::Precision precision = TrainConfig::Precision::kFloat32;
  int threads = 2, repeats = 15, warmup = 3;
  bool per_op = false;
};

struct Result {
  double ms = 0, ms_spread = 0, images_per_second = 0, gflops = 0, conv_ms = 0;
  std::size_t plan_bytes = 0, peak_bytes = 0;
  std::uint64_t allocations = 0;
};

/// Steps of one network on random images. On a GPU a step includes the copy of its images to the device.
class StepBench {
 public:
  StepBench(const Row& row, const BenchOptions& options, OpProfile& profile)
      : row_(row),
        profile_(profile),
        stream_(make_stream(options.device, options.precision, options.threads)),
        model_(make_model(row.model)),
        objective_(make_objective("supervised", {})),
        pass_(*model_, *objective_, {{kNoise, kNoise}}, pass_options(row, options)),
        step_(pass_, {}, *stream_) {
    fill();
  }
  Result measure(const BenchOptions& options);

 private:
  static constexpr NoiseModel kNoise{NoiseType::kGaussian, 25.0f / 255.0f, 1.0f};
  static DenoisingPassOptions pass_options(const Row& row, const BenchOptions& options) {
    DenoisingPassOptions o;
    o.batch = row.batch;
    o.h = row.h;
    o.w = row.w;
    o.dtype = network_type(options.precision);
    return o;
  }
  void fill();
  /// Milliseconds of one step; with `profiled` its ops add to the profile.
  double run_step(bool profiled);

  const Row& row_;
  OpProfile& profile_;
  std::size_t before_ = Buffer::usage().current;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Objective> objective_;
  DenoisingPass pass_;
  TrainingStep step_;
  std::int64_t steps_ = 0;
};

void StepBench::fill() {
  step_.initialise(0, 0);
  std::uint32_t example = 0;
  for (SampleOrigin& origin : pass_.origins()) {
    origin.example = example++;
    origin.image_h = row_.h;
    origin.image_w = row_.w;
  }
  std::uint64_t element = 0;
  const RandomStream random(1, RandomPurpose::kTest, 0, 0);
  for (float& value : pass_.images()) {
    value = random.uniform(element++);
  }
}

double StepBench::run_step(bool profiled) {
  std::vector<LaneOutcome> outcome(1);
  const LaneRequest request{true, 1e-4, ++steps_};
  profile_.clear();
  stream_->set_profile(profiled ? &profile_ : nullptr);
  const auto start = Clock::now();
  step_.run(std::span(&request, 1), outcome);
  return 1e3 * std::chrono::duration<double>(Clock::now() - start).count();
}

Result StepBench::measure(const BenchOptions& options) {
  const bool on_host = options.device == DeviceKind::kCpu;
  std::vector<double> times, conv;
  std::uint64_t allocations = 0;
  for (int i = 0; i < options.warmup + options.repeats; ++i) {
    allocations = Buffer::usage().allocations;
    const double ms = run_step(on_host);
    allocations = Buffer::usage().allocations - allocations;
    if (i >= options.warmup) {
      times.push_back(ms);
      conv.push_back(1e3 * profile_.total_of({"conv"}));
    }
  }
  if (!on_host) {
    conv.clear();
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(run_step(true));
      conv.push_back(1e3 * profile_.total_of({"conv"}));
    }
  }
  Result result;
  result.ms = median(times);
  result.ms_spread = spread(times);
  result.conv_ms = median(conv);
  const auto samples = static_cast<double>(row_.batch);
  result.images_per_second = 1e3 * samples / result.ms;
  const double flops =
      samples * (3.0 * model_->forward_flops(row_.h, row_.w) - model_->first_layer_flops(row_.h, row_.w));
  result.gflops = flops / result.ms * 1e-6;
  result.plan_bytes = step_.plan().total_bytes();
  result.peak_bytes = Buffer::usage().current - before_;
  result.allocations = allocations;
  return result;
}

nlohmann::ordered_json json_of(const Row& row, const Result& r, const OpProfile& profile,
                               const BenchOptions& o) {
  nlohmann::ordered_json ops;
  for (const OpProfile::Row& op : profile.rows()) {
    ops[std::string(op.name)] = {{"ms", 1e3 * op.seconds}, {"calls", op.calls}};
  }
  return {{"network", name_of(row)},
          {"ms_median", r.ms},
          {"ms_spread", r.ms_spread},
          {"images_per_second", r.images_per_second},
          {"gflops", r.gflops},
          {"conv_ms", r.conv_ms},
          {"conv_share", r.conv_ms / r.ms},
          {"plan_bytes", r.plan_bytes},
          {"buffer_bytes", r.peak_bytes},
          {"buffers_allocated_in_last_step", r.allocations},
          {"device", name_of(o.device)},
          {"precision", precision_name(o.precision)},
          {"threads", o.threads},
          {"repeats", o.repeats},
          {"ops", ops}};
}

int run(const BenchOptions& o) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::FILE* out = o.json == "-" ? stderr : stdout;
  fmt::print(out, "{}: {}\n", name_of(o.device), device_of(o.device).description());
  fmt::print(out, "{:<40} {:>9} {:>7} {:>10} {:>9} {:>9} {:>9} {:>9}\n",
             fmt::format("training step, {}", precision_name(o.precision)), "ms", "+-", "images/s", "GFLOP/s",
             "conv ms", "conv %", "MiB");
  for (const Row& row : rows_of(o.networks)) {
    OpProfile profile;
    const Result r = StepBench(row, o, profile).measure(o);
    fmt::print(out, "{:<40} {:>9.2f} {:>7.2f} {:>10.1f} {:>9.1f} {:>9.2f} {:>9.1f} {:>9.1f}\n", name_of(row),
               r.ms, r.ms_spread, r.images_per_second, r.gflops, r.conv_ms, 100.0 * r.conv_ms / r.ms,
               static_cast<double>(r.peak_bytes) / 1048576.0);
    for (const OpProfile::Row& op : profile.rows()) {
      if (o.per_op) {
        fmt::print(out, "    {:<36} {:>9.2f}  x{}\n", op.name, 1e3 * op.seconds, op.calls);
      }
    }
    rows.push_back(json_of(row, r, profile, o));
  }
  nlohmann::ordered_json document;
  document["bench"] = "train_throughput";
  document["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  for (const auto& [key, value] : build_and_machine()) {
    document["environment"][key] = value;
  }
  document["description"] = device_of(o.device).description();
  document["rows"] = rows;
  if (o.json == "-") {
    fmt::print("{}\n", document.dump(2));
  } else if (!o.json.empty()) {
    std::ofstream(o.json) << document.dump(2) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) {
  CLI::App app{"Time of a whole training step for a table of networks"};
  selfsame::BenchOptions o;
  std::string device = "cpu", precision = "float32";
  app.add_option(
      "--networks", o.networks,
      R"(JSON list, e.g. [{"type": "unet", "batch": 4, "in": 1, "height": 128, "width": 128, "chans": 32, "pools": 4}])");
  app.add_option("--device", device, "cpu, cuda, or simulated (whose times say nothing)")
      ->check(CLI::IsMember({"cpu", "cuda", "simulated"}))
      ->capture_default_str();
  app.add_option("--precision", precision, "float32, bfloat16, or tf32 on a GPU")
      ->check(CLI::IsMember({"float32", "tf32", "bfloat16"}))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "CPU threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--repeats", o.repeats, "Timed steps; the median and half the quartile distance are shown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--warmup", o.warmup, "Steps before the timed ones")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--json", o.json, "Also write the rows to this file, - for standard output");
  app.add_flag("--ops", o.per_op, "Also print the time per op of the last step");
  CLI11_PARSE(app, argc, argv);
  try {
    o.device = selfsame::device_kind(device);
    const auto names = selfsame::choice_names(o.precision);
    o.precision = static_cast<selfsame::TrainConfig::Precision>(
        std::find(names.begin(), names.end(), precision) - names.begin());
    return selfsame::run(o);
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_throughput: {}\n", error.what());
    return 2;
  }
}
