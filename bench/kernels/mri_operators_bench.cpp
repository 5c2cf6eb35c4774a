// SPDX-License-Identifier: Apache-2.0
// bench/mri_operators: Fourier transform and SENSE operator on the sizes of real multi-coil data, every
// version against the library's transform and against the operator as separate passes. Versions take turns,
// round by round, so that a load that comes and goes falls on all of them.
#include <fmt/chrono.h>
#include <CLI/CLI.hpp>
#include <ctime>
#include <fstream>

#include "bench/support/op_table.hpp"
#include "bench/support/unfused_sense.hpp"
#include "engine/run/environment.hpp"
#include "mri/fourier/fourier_fftw.hpp"
#include "mri/sense/sense.hpp"

namespace selfsame::bench {
namespace {

struct Options {
  DeviceKind device = DeviceKind::kCpu;
  int threads = 2, rounds = 5;
  TimingOptions timing;
  std::string filter, json;
};

/// One way of computing a row.
struct Version {
  std::string name;
  std::function<void()> call;
  bool same_result = true;  ///< as the first one
};

/// One call on one shape, and what its bytes count: every operand once.
struct Row {
  std::string op, shape, yardstick;
  double bytes = 0;
  std::vector<Version> versions;
  std::shared_ptr<Operand> result;
  std::vector<std::shared_ptr<void>> kept;  ///< operands
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options), stream_(options.device, options.threads), timer_(stream_, options.timing) {}

  [[nodiscard]] Stream& stream() { return stream_; }

  std::shared_ptr<Operand> complex(Row& row, Shape4 shape) {
    auto made =
        std::make_shared<Operand>(stream_, Shape4{shape.n, shape.c, shape.h, 2 * shape.w}, DType::kF32, 1);
    row.kept.push_back(made);
    return made;
  }
  /// 0 and 1: a fifth of the columns or points, and the middle.
  std::shared_ptr<Operand> mask(Row& row, Shape4 shape) {
    auto made = std::make_shared<Operand>(stream_, shape, DType::kF32, 1);
    std::vector<float> values(static_cast<std::size_t>(shape.count()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i) % shape.w;
      values[i] = std::abs(column - shape.w / 2) < shape.w / 25 || i * 2654435761U % 5 == 0 ? 1.0f : 0.0f;
    }
    stream_.upload(made->view().data, values.data(), made->buffer().bytes());
    stream_.synchronize();
    row.kept.push_back(made);
    return made;
  }

  /// A version of the op's list by name.
  template <typename Prepare>
  Version listed(const std::string& op, const std::string& name, Prepare&& prepare,
                 std::function<void()> call) {
    stream_.request(op, name);
    stream_.reserve_workspace(prepare());
    return {name, [this, op, name, call = std::move(call)] {
              stream_.request(op, name);
              call();
            }};
  }

  [[nodiscard]] bool chosen(const Row& row, const std::string& version) const {
    return fmt::format("{} {} {}", row.op, row.shape, version).find(options_.filter) != std::string::npos;
  }

  void run(const Row& row);
  int finish();

 private:
  std::vector<float> result_of(const Row& row, const Version& version);
  std::FILE* out() const { return options_.json == "-" ? stderr : stdout; }
  Options options_;
  Stream stream_;
  CallTimer timer_;
  Roof roof_;
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
};

std::vector<float> Bench::result_of(const Row& row, const Version& version) {
  stream_.queue().fill(row.result->buffer().data(), 0, row.result->buffer().bytes());
  version.call();
  std::vector<float> values(row.result->buffer().bytes() / sizeof(float));
  stream_.download(values.data(), row.result->buffer().data(), row.result->buffer().bytes());
  stream_.synchronize();
  return values;
}

/// Root mean square of the difference, relative to that of `a`; NaN if anything is not finite.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
    squares += static_cast<double>(a[i]) * static_cast<double>(a[i]);
  }
  return std::sqrt(sum / squares);
}

void Bench::run(const Row& row) {
  if (roof_.source.empty()) {
    roof_ = default_roof(stream_, Arithmetic::kFloat32);
    fmt::print(out(), "{}: {}\nroof: {:.1f} GB/s ({})\n", name_of(options_.device),
               device_of(options_.device).description(), roof_.gbs, roof_.source);
    fmt::print(out(), "{:<30} {:<12} {:<16} {:>9} {:>8} {:>9} {:>8} {:>7} {:>9} {:>8}\n", "op", "shape",
               "version", "ms", "+-", "fastest", "GB/s", "% roof", "yardstick", "differs");
  }
  const std::vector<float> first = result_of(row, row.versions.front());
  std::vector<double> differs;
  for (const Version& version : row.versions) {
    differs.push_back(version.same_result ? difference(first, result_of(row, version)) : 0);
  }
  std::vector<std::vector<double>> times(row.versions.size());
  for (int round = 0; round < options_.rounds; ++round) {
    for (std::size_t v = 0; v < row.versions.size(); ++v) {
      const std::vector<double> some = timer_.time(row.versions[v].call);
      times[v].insert(times[v].end(), some.begin(), some.end());
    }
  }
  double yardstick = 0;
  for (std::size_t v = 0; v < row.versions.size(); ++v) {
    yardstick = row.versions[v].name == row.yardstick ? quartiles(times[v]).median : yardstick;
  }
  for (std::size_t v = 0; v < row.versions.size(); ++v) {
    const Quartiles ms = quartiles(times[v]);
    const double fastest = *std::min_element(times[v].begin(), times[v].end());
    const double gbs = row.bytes / ms.median * 1e-6, percent = roof_.gbs > 0 ? 100 * gbs / roof_.gbs : 0;
    const double ratio = yardstick > 0 ? yardstick / ms.median : 0;
    const std::string shown = ratio > 0 ? fmt::format("{:.2f}x", ratio) : "-";
    fmt::print(out(), "{:<30} {:<12} {:<16} {:>9.3f} {:>8.3f} {:>9.3f} {:>8.1f} {:>7.1f} {:>9} {:>8.1e}\n",
               row.op, row.shape, row.versions[v].name, ms.median, 0.5 * (ms.high - ms.low), fastest, gbs,
               percent, shown, differs[v]);
    rows_.push_back({{"op", row.op},
                     {"shape", row.shape},
                     {"version", row.versions[v].name},
                     {"ms_median", ms.median},
                     {"ms_quartile_1", ms.low},
                     {"ms_quartile_3", ms.high},
                     {"ms_fastest", fastest},
                     {"repeats", times[v].size()},
                     {"bytes", row.bytes},
                     {"gbs", gbs},
                     {"percent_of_copy", percent},
                     {"yardstick", row.yardstick},
                     {"times_as_fast_as_yardstick", ratio > 0 ? nlohmann::ordered_json(ratio) : nullptr},
                     {"relative_difference_to_first", differs[v]}});
  }
}

int Bench::finish() {
  if (rows_.empty()) {
    fmt::print(stderr, "mri_operators: no row matches --filter {}\n", options_.filter);
    return 2;
  }
  nlohmann::ordered_json document;
  document["bench"] = "mri_operators";
  for (const auto& [key, value] : build_and_machine()) {
    document["environment"][key] = value;
  }
  document["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  document["device"] = name_of(options_.device);
  document["description"] = device_of(options_.device).description();
  document["threads"] = options_.device == DeviceKind::kCpu ? options_.threads : 0;
  document["cache"] = options_.timing.flush_cache ? "128 MiB written before every call" : "warm";
  document["rounds"] = options_.rounds;
  document["roof"] = {{"gbs", roof_.gbs}, {"source", roof_.source}};
  document["rows"] = rows_;
  if (options_.json == "-") {
    fmt::print("{}\n", document.dump(1));
  } else if (!options_.json.empty()) {
    std::ofstream(options_.json) << document.dump(1) << "\n";
  }
  return 0;
}

/// The library's own version in a list, and its name as a yardstick of its own.
std::string library_of(DeviceKind device) { return device == DeviceKind::kCpu ? "fftw_uncentred" : "cufft"; }

std::string text(Shape4 shape) { return fmt::format("{}x{}x{}", shape.c, shape.h, shape.w); }

/// Whether a row shows this entry: the reference is no contender.
bool shown(const char* name) { return std::string_view(name) != "reference"; }

void run_fourier(Bench& bench, Shape4 shape, FourierAxes axes) {
  Stream& stream = bench.stream();
  Row row;
  row.op = axes == FourierAxes::kBoth    ? "fourier.both"
           : axes == FourierAxes::kWidth ? "fourier.width"
                                         : "fourier.height";
  row.shape = text(shape);
  row.yardstick = library_of(stream.device());
  const auto y = bench.complex(row, shape), x = bench.complex(row, shape);
  row.result = y;
  row.bytes = x->bytes() + y->bytes();
  const auto call = [=, &stream] {
    fourier(as_complex(y->view()), as_complex(x->view()), axes, FourierDirection::kForward, stream);
  };
  for (const std::string& name : version_names(
           fourier_implementations(), FourierProblem{DType::kF32, shape.h, shape.w, axes}, stream.device())) {
    if (shown(name.c_str()) && bench.chosen(row, name)) {
      row.versions.push_back(bench.listed(
          "fourier", name, [&] { return prepare_fourier(shape, DType::kF32, axes, stream); }, call));
    }
  }
  if (stream.device() == DeviceKind::kCpu && fourier_fftw::available() && bench.chosen(row, row.yardstick)) {
    row.versions.push_back({row.yardstick,
                            [=, &stream] {
                              fourier_fftw::transform_uncentred(as_complex(y->view()), as_complex(x->view()),
                                                                axes, FourierDirection::kForward, stream);
                            },
                            false});
  }
  if (!row.versions.empty()) {
    bench.run(row);
  }
}

enum class SensePass { kForward, kAdjoint, kNormal };

/// With a mask that is the same for every row, or with one of points; with kWidth, in hybrid space.
void run_sense(Bench& bench, Shape4 maps_shape, SensePass pass, FourierAxes axes, bool by_column) {
  Stream& stream = bench.stream();
  const char* names[] = {"forward", "adjoint", "normal"};
  const Shape4 image_shape{maps_shape.n, 1, maps_shape.h, maps_shape.w};
  Row row;
  row.op = fmt::format("sense.{} {} mask{}", names[static_cast<int>(pass)], by_column ? "1-D" : "2-D",
                       axes == FourierAxes::kWidth ? ", hybrid" : "");
  row.shape = text(maps_shape);
  row.yardstick = stream.device() == DeviceKind::kCpu ? "unfused_fftw" : "cufft";
  const auto maps = bench.complex(row, maps_shape);
  const auto weights = bench.mask(row, {maps_shape.n, 1, by_column ? 1 : maps_shape.h, maps_shape.w});
  const auto y = bench.complex(row, pass == SensePass::kForward ? maps_shape : image_shape);
  const auto x = bench.complex(row, pass == SensePass::kAdjoint ? maps_shape : image_shape);
  row.result = y;
  row.bytes = maps->bytes() + weights->bytes() + y->bytes() + x->bytes();
  const auto op = pass == SensePass::kForward   ? sense_forward
                  : pass == SensePass::kAdjoint ? sense_adjoint
                                                : sense_normal;
  const auto call = [=, &stream] {
    op(as_complex(y->view()), as_complex(x->view()), as_complex(maps->view()), weights->view(), axes, stream);
  };
  const SenseProblem problem{DType::kF32, maps_shape.h, maps_shape.w, axes, by_column};
  for (const std::string& name : version_names(sense_implementations(), problem, stream.device())) {
    if (shown(name.c_str()) && bench.chosen(row, name)) {
      row.versions.push_back(bench.listed(
          "sense", name, [&] { return prepare_sense(maps_shape, DType::kF32, axes, stream); }, call));
    }
  }
  if (stream.device() == DeviceKind::kCpu && fourier_fftw::available() && bench.chosen(row, row.yardstick)) {
    const auto unfused = std::make_shared<UnfusedSense>(as_complex(ConstTensorView(maps->view())),
                                                        weights->view(), axes, stream);
    row.versions.push_back({row.yardstick, [=] {
                              const ComplexView to = as_complex(y->view());
                              const ConstComplexView from = as_complex(x->view());
                              pass == SensePass::kForward   ? unfused->forward(to, from)
                              : pass == SensePass::kAdjoint ? unfused->adjoint(to, from)
                                                            : unfused->normal(to, from);
                            }});
  }
  if (!row.versions.empty()) {
    bench.run(row);
  }
}

int run(const Options& options) {
  Bench bench(options);
  const bool simulated = options.device == DeviceKind::kSimulated;
  std::vector<Shape4> images{
      {1, 15, 320, 320}, {1, 15, 384, 384}, {1, 15, 640, 320}, {1, 15, 640, 368}, {1, 15, 640, 372}};
  Shape4 knee{1, 15, 640, 368};
  if (simulated) {
    images = {{1, 2, 12, 20}};
    knee = {1, 2, 12, 20};
  }
  for (const Shape4& shape : images) {
    run_fourier(bench, shape, FourierAxes::kBoth);
  }
  run_fourier(bench, knee, FourierAxes::kWidth);
  run_fourier(bench, knee, FourierAxes::kHeight);
  for (const SensePass pass : {SensePass::kForward, SensePass::kAdjoint, SensePass::kNormal}) {
    run_sense(bench, knee, pass, FourierAxes::kWidth, true);
    run_sense(bench, knee, pass, FourierAxes::kBoth, true);
    run_sense(bench, knee, pass, FourierAxes::kBoth, false);
  }
  return bench.finish();
}

bool parse(int argc, char** argv, Options& o, int& exit_code) {
  CLI::App app{
      "Time of the Fourier transform and the SENSE operator, against FFTW or cuFFT and separate passes"};
  std::string device = "cpu";
  bool warm = false, quick = false;
  o.timing.repeats = 8;
  o.timing.warmup = 1;
  app.add_option("--device", device, "cpu, cuda, or simulated (whose times say nothing)")
      ->check(CLI::IsMember({"cpu", "cuda", "simulated"}))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "CPU threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", o.rounds, "Turns that every version of a row takes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--repeats", o.timing.repeats, "Timed calls of a turn")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--filter", o.filter, "Only rows whose 'op shape version' contains this");
  app.add_flag("--warm", warm, "Leave the operands in the cache instead of writing 128 MiB between calls");
  app.add_flag("--quick", quick, "One round of 3 calls");
  app.add_option("--json", o.json, "Also write the rows to this file, - for standard output");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return false;
  }
  for (const DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kCuda, DeviceKind::kSimulated}) {
    o.device = device == name_of(kind) ? kind : o.device;
  }
  o.timing.flush_cache = !warm;
  o.timing.seconds = 5;
  if (quick) {
    o.rounds = 1;
    o.timing.repeats = 3;
  }
  return true;
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::Options options;
  int exit_code = 0;
  if (!selfsame::bench::parse(argc, argv, options, exit_code)) {
    return exit_code;
  }
  try {
    return selfsame::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "mri_operators: {}\n", error.what());
    return 2;
  }
}
