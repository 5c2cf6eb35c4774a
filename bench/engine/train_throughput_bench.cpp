// SPDX-License-Identifier: Apache-2.0
// bench/train_throughput: time of a whole training step (noise, forward, squared error, backward, clipping,
// Adam) for a table of networks, the share of it that the convolutions take in the same steps, and the memory
// against the plan.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/run/environment.hpp"
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
  for (const nlohmann::json& n : nlohmann::json::parse(networks)) {
    const int in = n.value("in", 1);
    const int channels = n.value("chans", 32);
    Row row{UNetOptions{in, in, channels, n.value("pools", 4), true}, n.at("batch"), n.at("h"), n.at("w")};
    if (n.value("network", "unet") == "dncnn") {
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

struct Result {
  double ms = 0, ms_spread = 0, images_per_second = 0, gflops = 0, conv_ms = 0;
  std::size_t plan_bytes = 0, peak_bytes = 0;
  std::uint64_t allocations = 0;
};

Result measure(const Row& row, int threads, int repeats, int warmup, OpProfile& profile) {
  const std::size_t before = Buffer::usage().current;
  Stream stream(DeviceKind::kCpu, threads);
  const auto model = make_model(row.model);
  const auto objective = make_objective("supervised", {});
  TrainingStepOptions options;
  options.batch = row.batch;
  options.h = row.h;
  options.w = row.w;
  const NoiseModel noise{NoiseType::kGaussian, 25.0f / 255.0f, 1.0f};
  TrainingStep step(*model, *objective, {{noise, noise}}, options, stream);
  step.initialise(0, 0);
  std::uint32_t example = 0;
  for (SampleOrigin& origin : step.origins()) {
    origin.example = example++;
    origin.image_h = row.h;
    origin.image_w = row.w;
  }
  std::uint64_t element = 0;
  const RandomStream random(1, RandomPurpose::kTest, 0, 0);
  for (float& value : step.images()) {
    value = random.uniform(element++);
  }
  std::vector<LaneOutcome> outcome(1);
  std::vector<double> times, conv;
  std::uint64_t allocations = 0;
  for (int i = 0; i < warmup + repeats; ++i) {
    const LaneRequest request{true, 1e-4, i + 1};
    profile.clear();
    stream.set_profile(&profile);
    allocations = Buffer::usage().allocations;
    const auto start = Clock::now();
    step.run(std::span(&request, 1), outcome);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    allocations = Buffer::usage().allocations - allocations;
    if (i >= warmup) {
      times.push_back(1e3 * seconds);
      conv.push_back(1e3 * profile.total_of({"conv"}));
    }
  }
  Result result;
  result.ms = median(times);
  result.ms_spread = spread(times);
  result.conv_ms = median(conv);
  const auto samples = static_cast<double>(row.batch);
  result.images_per_second = 1e3 * samples / result.ms;
  const double flops =
      samples * (3.0 * model->forward_flops(row.h, row.w) - model->first_layer_flops(row.h, row.w));
  result.gflops = flops / result.ms * 1e-6;
  result.plan_bytes = step.plan().total_bytes();
  result.peak_bytes = Buffer::usage().current - before;
  result.allocations = allocations;
  return result;
}

int run(const std::string& networks, int threads, int repeats, int warmup, const std::string& json,
        bool per_op) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::FILE* out = json == "-" ? stderr : stdout;
  fmt::print(out, "{:<40} {:>9} {:>7} {:>10} {:>9} {:>9} {:>9} {:>9}\n", "training step, float32", "ms", "+-",
             "images/s", "GFLOP/s", "conv ms", "conv %", "MiB");
  for (const Row& row : rows_of(networks)) {
    OpProfile profile;
    const Result r = measure(row, threads, repeats, warmup, profile);
    fmt::print(out, "{:<40} {:>9.2f} {:>7.2f} {:>10.1f} {:>9.1f} {:>9.2f} {:>9.1f} {:>9.1f}\n", name_of(row),
               r.ms, r.ms_spread, r.images_per_second, r.gflops, r.conv_ms, 100.0 * r.conv_ms / r.ms,
               static_cast<double>(r.peak_bytes) / 1048576.0);
    for (const OpProfile::Row& op : profile.rows()) {
      if (per_op) {
        fmt::print(out, "    {:<36} {:>9.2f}  x{}\n", op.name, 1e3 * op.seconds, op.calls);
      }
    }
    rows.push_back({{"network", name_of(row)},
                    {"ms_median", r.ms},
                    {"ms_spread", r.ms_spread},
                    {"images_per_second", r.images_per_second},
                    {"gflops", r.gflops},
                    {"conv_ms", r.conv_ms},
                    {"conv_share", r.conv_ms / r.ms},
                    {"plan_bytes", r.plan_bytes},
                    {"buffer_bytes", r.peak_bytes},
                    {"buffers_allocated_in_last_step", r.allocations},
                    {"threads", threads},
                    {"repeats", repeats}});
  }
  if (!json.empty()) {
    nlohmann::ordered_json document;
    document["bench"] = "train_throughput";
    for (const auto& [key, value] : build_and_machine()) {
      document["environment"][key] = value;
    }
    document["rows"] = rows;
    if (json == "-") {
      fmt::print("{}\n", document.dump(2));
    } else {
      std::ofstream(json) << document.dump(2) << "\n";
    }
  }
  return 0;
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) {
  CLI::App app{"Time of a whole training step for a table of networks"};
  std::string networks, json;
  int threads = 2, repeats = 15, warmup = 3;
  bool per_op = false;
  app.add_option(
      "--networks", networks,
      R"(JSON list, e.g. [{"network": "unet", "batch": 4, "in": 1, "h": 128, "w": 128, "chans": 32, "pools": 4}])");
  app.add_option("--threads", threads, "CPU threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--repeats", repeats, "Timed steps; the median and half the quartile distance are shown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--warmup", warmup, "Steps before the timed ones")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--json", json, "Also write the rows to this file, - for standard output");
  app.add_flag("--ops", per_op, "Also print the time per op of the last step");
  CLI11_PARSE(app, argc, argv);
  try {
    return selfsame::run(networks, threads, repeats, warmup, json, per_op);
  } catch (const std::exception& error) {
    fmt::print(stderr, "train_throughput: {}\n", error.what());
    return 2;
  }
}
