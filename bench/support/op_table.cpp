// SPDX-License-Identifier: Apache-2.0
#include "bench/support/op_table.hpp"

#include <fmt/chrono.h>
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>

#include "bench/support/libraries.hpp"
#include "engine/run/environment.hpp"

namespace selfsame::bench {
namespace {

/// The library's own version of an op on each device: what the others are held against.
bool is_library(const std::string& version) {
  return version == "onednn" || version.starts_with("cudnn") || version.starts_with("cublas");
}

std::vector<float> downloaded(const Operand& operand, Stream& stream) {
  std::vector<std::byte> bytes(operand.buffer().bytes());
  stream.download(bytes.data(), operand.buffer().data(), bytes.size());
  stream.synchronize();
  std::vector<float> values(bytes.size() / size_of(operand.dtype()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (operand.dtype() == DType::kBF16) {
      bf16 value;
      std::memcpy(&value, bytes.data() + 2 * i, sizeof value);
      values[i] = to_float(value);
    } else {
      std::memcpy(&values[i], bytes.data() + 4 * i, sizeof(float));
    }
  }
  return values;
}

/// Root mean square of the difference, relative to that of `a`; NaN if anything is not finite.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    sum += d * d;
    squares += static_cast<double>(a[i]) * a[i];
  }
  return squares > 0 ? std::sqrt(sum / squares) : sum;
}

bool known_device(const std::string& name, DeviceKind& device) {
  for (const DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kCuda, DeviceKind::kSimulated}) {
    if (name == name_of(kind)) {
      device = kind;
      return true;
    }
  }
  return false;
}

}  // namespace

bool parse_options(int argc, char** argv, const char* about, OpBenchOptions& o, int& exit_code) {
  CLI::App app{about};
  std::string device = "cpu", precision = "float32", networks;
  bool quick = false, warm = false;
  app.add_option("--device", device, "cpu, cuda, or simulated (whose times say nothing)")
      ->check(CLI::IsMember({"cpu", "cuda", "simulated"}))
      ->capture_default_str();
  app.add_option("--precision", precision, "Of the activations; versions in tf32 belong to float32")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str();
  app.add_option("--networks", networks,
                 "Whose layers, e.g. U1,U2,S1,D2; default all on cuda, S1 on cpu, tiny on simulated");
  app.add_option("--filter", o.filter,
                 "Only rows whose 'op.pass shape layers version' contains this; also the only way to a "
                 "reference that has company");
  app.add_option("--threads", o.threads, "CPU threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--repeats", o.timing.repeats, "Timed calls of each version, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--warmup", o.timing.warmup, "Calls before the timed ones")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--seconds", o.timing.seconds, "For each version; slow ones get fewer repeats, at least 3")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--warm", warm, "Leave the operands in the cache instead of writing 128 MiB between calls");
  app.add_flag("--quick", quick, "7 repeats in at most 0.1 s, and the first network only");
  app.add_option("--roof-tflops", o.roof_tflops, "Rate of arithmetic that counts as 100 %")
      ->check(CLI::PositiveNumber);
  app.add_option("--roof-gbs", o.roof_gbs, "Bytes read and written, in GB/s, that count as 100 %")
      ->check(CLI::PositiveNumber);
  app.add_option("--json", o.json, "Also write the rows to this file, - for standard output");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return false;
  }
  known_device(device, o.device);
  o.dtype = precision == "bfloat16" ? DType::kBF16 : DType::kF32;
  o.timing.flush_cache = !warm;
  o.networks = CLI::detail::split(networks, ',');
  if (networks.empty()) {
    o.networks = o.device == DeviceKind::kCuda  ? std::vector<std::string>{"U1", "U2", "S1", "D2"}
                 : o.device == DeviceKind::kCpu ? std::vector<std::string>{"S1"}
                                                : std::vector<std::string>{"tiny"};
  }
  if (quick) {
    o.timing.repeats = 7;
    o.timing.seconds = 0.1;
    o.networks.resize(1);
  }
  return true;
}

Operand::Operand(Stream& stream, Shape4 shape, DType network, int block, std::int64_t split)
    : view_(nullptr, activation_type(network, block), shape, block, split) {
  const std::int64_t count = shape.n * view_.sample_stride;
  buffer_ = Buffer(static_cast<std::size_t>(count) * size_of(view_.dtype), stream.device());
  view_.data = buffer_.data();
  fill(stream, count);
}

Operand::Operand(Stream& stream, std::array<std::int64_t, 4> dims)
    : view_(nullptr, DType::kF32, {1, dims[0] * dims[1] * dims[2] * dims[3], 1, 1}, 1), dims_(dims) {
  buffer_ = Buffer(static_cast<std::size_t>(view_.shape.c) * sizeof(float), stream.device());
  view_.data = buffer_.data();
  fill(stream, view_.shape.c);
}

ParameterView Operand::parameter() const {
  return {buffer_.data(), DType::kF32, 1, dims_, dims_[0] * dims_[1] * dims_[2] * dims_[3]};
}

void Operand::fill(Stream& stream, std::int64_t count) {
  std::vector<std::byte> host(buffer_.bytes());
  const std::int64_t row = view_.plane() * view_.block;  // of one channel block
  std::uint64_t state = 0x9e3779b97f4a7c15ULL + static_cast<std::uint64_t>(count);
  std::vector<char> real(static_cast<std::size_t>(view_.blocks() * view_.block), 0);
  for (std::int64_t c = 0; c < view_.shape.c; ++c) {
    real[static_cast<std::size_t>(view_.padded_channel(c))] = 1;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::int64_t channel = i / row % view_.blocks() * view_.block + i % view_.block;
    const float value = real[static_cast<std::size_t>(channel)] == 0
                            ? 0.0f
                            : static_cast<float>(static_cast<std::int32_t>(state >> 32)) * 0x1p-31f;
    if (view_.dtype == DType::kBF16) {
      const bf16 half = to_bf16(value);
      std::memcpy(host.data() + 2 * i, &half, sizeof half);
    } else {
      std::memcpy(host.data() + 4 * i, &value, sizeof value);
    }
  }
  stream.upload(buffer_.data(), host.data(), host.size());
  stream.synchronize();
}

struct OpBench::Row {
  std::string version, roof;
  Quartiles ms;
  int repeats = 0;
  double tflops = 0, gbs = 0, percent = 0, ratio = 0, difference = 0;
  bool memory_bound = false;
  std::string error;
};

OpBench::OpBench(const OpBenchOptions& options)
    : options_(options),
      stream_(options.device, options.threads),
      timer_(stream_, options.timing),
      missing_(load_libraries(stream_)) {
  std::FILE* out = options_.json == "-" ? stderr : stdout;
  fmt::print(out, "{} on {}: {}, {}{}\n", options_.bench, name_of(options_.device),
             device_of(options_.device).description(), name_of(options_.dtype),
             options_.timing.flush_cache ? ", cache flushed before every call" : ", operands in the cache");
  fmt::print(out, "{:<28} {:<44} {:<20} {:>9} {:>8} {:>8} {:>8} {:>7} {:>8} {:>9}\n", "op", "shape",
             "version", "ms", "+-", "TFLOP/s", "GB/s", "% roof", "library", "differs");
}

bool OpBench::chosen(const OpCall& call, const std::string& version) const {
  const std::string text =
      fmt::format("{}.{} {} {} {}", call.op, call.pass, call.shape, call.layers, version);
  const bool slow = version == "reference" && call.versions.size() > 1 &&
                    options_.filter.find("reference") == std::string::npos;
  return !missing_.contains(version) && !slow && text.find(options_.filter) != std::string::npos;
}

const Roof& OpBench::roof(const std::string& version) {
  const Arithmetic arithmetic = options_.dtype == DType::kBF16              ? Arithmetic::kBfloat16
                                : version.find("tf32") != std::string::npos ? Arithmetic::kTf32
                                                                            : Arithmetic::kFloat32;
  for (const auto& [known, roof] : roofs_) {
    if (known == arithmetic) {
      return roof;
    }
  }
  Roof roof;
  if (options_.roof_tflops > 0 && options_.roof_gbs > 0) {
    roof.source = "command line";
  } else {
    roof = default_roof(stream_, arithmetic);
    roof.source += options_.roof_tflops > 0 || options_.roof_gbs > 0 ? "; partly from the command line" : "";
  }
  roof.tflops = options_.roof_tflops > 0 ? options_.roof_tflops : roof.tflops;
  roof.gbs = options_.roof_gbs > 0 ? options_.roof_gbs : roof.gbs;
  roofs_.emplace_back(arithmetic, roof);
  return roofs_.back().second;
}

void OpBench::compare(const PreparedCall& prepared, std::vector<float>& first, Row& row) {
  if (prepared.result == nullptr) {
    return;
  }
  stream_.queue().fill(prepared.result->buffer().data(), 0, prepared.result->buffer().bytes());
  prepared.call();
  const std::vector<float> values = downloaded(*prepared.result, stream_);
  if (first.empty()) {
    first = values;
  }
  row.difference = difference(first, values);
}

void OpBench::measure(const OpCall& call, const std::function<void()>& body, Row& row) {
  const std::vector<double> times = timer_.time(body);
  row.ms = quartiles(times);
  row.repeats = static_cast<int>(times.size());
  row.tflops = call.flops / row.ms.median * 1e-9;
  row.gbs = call.bytes / row.ms.median * 1e-6;
  const Roof& best = roof(row.version);
  const double at_roof = best.ms(call.flops, call.bytes, row.memory_bound);
  // Without a stated rate of arithmetic nothing can be said of a call that has any.
  row.percent = call.flops > 0 && best.tflops <= 0 ? 0 : 100 * at_roof / row.ms.median;
  row.roof = row.percent <= 0 ? "" : row.memory_bound ? "memory" : "arithmetic";
}

OpBench::Row OpBench::attempt(const std::string& version, const std::function<void(Row&)>& body) {
  Row row;
  row.version = version;
  try {
    body(row);
  } catch (const Error& error) {
    row.error = error.what();
    failures_ += is_library(version) ? 0 : 1;  // a library may have nothing for a shape
  }
  return row;
}

void OpBench::run(const OpCall& call) {
  std::vector<Row> rows;
  std::vector<float> first;
  PreparedCall prepared;
  for (const std::string& version : call.versions) {
    if (!chosen(call, version)) {
      continue;
    }
    rows.push_back(attempt(version, [&](Row& row) {
      if (!prepared.call) {
        stream_.reserve_workspace(call.workspace);
        prepared = call.prepare();
      }
      stream_.request(call.op, version);
      compare(prepared, first, row);
      measure(call, prepared.call, row);
    }));
  }
  prepared = {};
  for (const NativeVersion& native : call.natives) {
    if (chosen(call, native.name)) {
      rows.push_back(attempt(native.name, [&](Row& row) { measure(call, native.prepare(), row); }));
    }
  }
  report(call, rows);
}

void OpBench::report(const OpCall& call, std::vector<Row>& rows) {
  std::FILE* out = options_.json == "-" ? stderr : stdout;
  // The fastest version of a library with the same arithmetic.
  const auto library_for = [&rows](const Row& row) {
    const auto is_tf32 = [](const Row& r) { return r.version.find("tf32") != std::string::npos; };
    const Row* best = nullptr;
    for (const Row& r : rows) {
      if (is_library(r.version) && r.error.empty() && is_tf32(r) == is_tf32(row) &&
          (best == nullptr || r.ms.median < best->ms.median)) {
        best = &r;
      }
    }
    return best;
  };
  for (Row& row : rows) {
    nlohmann::ordered_json entry{{"op", call.op},
                                 {"pass", call.pass},
                                 {"shape", call.shape},
                                 {"layers", call.layers},
                                 {"version", row.version}};
    if (!row.error.empty()) {
      fmt::print(out, "{:<28} {:<44} {:<20} failed: {}\n", call.op + "." + call.pass, call.shape, row.version,
                 row.error);
      entry["error"] = row.error;
      rows_.push_back(entry);
      continue;
    }
    const Row* library = library_for(row);
    row.ratio = library == nullptr ? 0 : library->ms.median / row.ms.median;
    const auto shown = [](double value, const char* format) {
      return value > 0 ? fmt::format(fmt::runtime(format), value) : std::string("-");
    };
    fmt::print(out, "{:<28} {:<44} {:<20} {:>9.4f} {:>8.4f} {:>8} {:>8.1f} {:>7} {:>8} {:>9.1e}\n",
               call.op + "." + call.pass, call.shape, row.version, row.ms.median,
               0.5 * (row.ms.high - row.ms.low), shown(row.tflops, "{:.3f}"), row.gbs,
               shown(row.percent, "{:.1f}"), shown(row.ratio, "{:.2f}"), row.difference);
    entry.update({{"ms_median", row.ms.median},
                  {"ms_quartile_1", row.ms.low},
                  {"ms_quartile_3", row.ms.high},
                  {"repeats", row.repeats},
                  {"flops", call.flops},
                  {"bytes", call.bytes},
                  {"tflops", row.tflops},
                  {"gbs", row.gbs}});
    entry["percent_of_roof"] = row.percent > 0 ? nlohmann::ordered_json(row.percent) : nullptr;
    entry["bound"] = row.roof;
    entry["times_as_fast_as_library"] = row.ratio > 0 ? nlohmann::ordered_json(row.ratio) : nullptr;
    entry["library"] = library == nullptr ? "" : library->version;
    entry["relative_difference_to_first"] = row.difference;
    rows_.push_back(entry);
  }
}

int OpBench::finish() {
  if (rows_.empty()) {
    fmt::print(stderr, "{}: no call matches --filter {}\n", options_.bench, options_.filter);
    return 2;
  }
  nlohmann::ordered_json document;
  document["bench"] = options_.bench;
  for (const auto& [key, value] : build_and_machine()) {
    document["environment"][key] = value;
  }
  document["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  document["device"] = name_of(options_.device);
  document["description"] = device_of(options_.device).description();
  document["precision"] = name_of(options_.dtype);
  document["threads"] = options_.device == DeviceKind::kCpu ? options_.threads : 0;
  document["cache"] = options_.timing.flush_cache ? "128 MiB written before every call" : "warm";
  std::FILE* out = options_.json == "-" ? stderr : stdout;
  for (const auto& [arithmetic, roof] : roofs_) {
    const char* name = arithmetic == Arithmetic::kFloat32 ? "float32"
                       : arithmetic == Arithmetic::kTf32  ? "tf32"
                                                          : "bfloat16";
    document["roofs"].push_back(
        {{"precision", name}, {"tflops", roof.tflops}, {"gbs", roof.gbs}, {"source", roof.source}});
    fmt::print(out, "roof {}: {:.2f} TFLOP/s, {:.1f} GB/s ({})\n", name, roof.tflops, roof.gbs, roof.source);
  }
  for (const auto& [library, why] : missing_) {
    document["left_out"][library] = why;
    fmt::print(out, "left out: {}: {}\n", library, why);
  }
  document["rows"] = rows_;
  if (options_.json == "-") {
    fmt::print("{}\n", document.dump(1));
  } else if (!options_.json.empty()) {
    std::ofstream(options_.json) << document.dump(1) << "\n";
  }
  if (failures_ > 0) {
    fmt::print(stderr, "{}: {} calls failed\n", options_.bench, failures_);
    return 1;
  }
  return 0;
}

}  // namespace selfsame::bench
