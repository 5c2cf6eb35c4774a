// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/shapes.hpp"
#include "bench/support/timing.hpp"
#include "kernels/device/tensor.hpp"
#include "models/network.hpp"

// A table of op calls, every version of each timed and compared: what bench/conv2d and bench/ops share.

namespace selfsame::bench {

struct OpBenchOptions {
  std::string bench;  ///< name of the program
  DeviceKind device = DeviceKind::kCpu;
  DType dtype = DType::kF32;
  int threads = 2;
  TimingOptions timing;
  std::vector<std::string> networks;
  std::string filter;  ///< only rows whose "op.pass shape layers version" contains it
  std::string json;
  double roof_tflops = 0, roof_gbs = 0;  ///< 0 = default_roof
  [[nodiscard]] int block() const { return activation_block(device, dtype); }
};

/// Command line of a bench, read into `options`. Returns false, with the exit code, if there is nothing to
/// do.
bool parse_options(int argc, char** argv, const char* about, OpBenchOptions& options, int& exit_code);

/// Memory of the device with random numbers in [-1, 1); channels that pad a block are zero.
class Operand {
 public:
  Operand(Stream& stream, Shape4 shape, DType network, int block, std::int64_t split = 0);
  /// A parameter: float, one lane.
  Operand(Stream& stream, std::array<std::int64_t, 4> dims);
  [[nodiscard]] TensorView view() const { return view_; }
  [[nodiscard]] ParameterView parameter() const;
  [[nodiscard]] const Buffer& buffer() const { return buffer_; }
  [[nodiscard]] DType dtype() const { return view_.dtype; }
  [[nodiscard]] double bytes() const { return static_cast<double>(buffer_.bytes()); }

 private:
  void fill(Stream& stream, std::int64_t count);
  Buffer buffer_;
  TensorView view_;
  std::array<std::int64_t, 4> dims_{};
};

/// A call with its operands, which live as long as it does.
struct PreparedCall {
  std::function<void()> call;
  std::shared_ptr<const Operand> result;  ///< what the versions must agree on
};

/// A version that is no implementation of the op but a program of its own, with operands of its own.
struct NativeVersion {
  std::string name;
  std::function<std::function<void()>()> prepare;
};

/// One op call on one shape.
struct OpCall {
  std::string op;    ///< as Stream::request knows it
  std::string pass;  ///< "forward"
  std::string shape;
  std::string layers;  ///< of which networks
  double flops = 0;    ///< 0 = memory is all that counts
  double bytes = 0;    ///< every operand once per pass over it
  std::size_t workspace = 0;
  std::vector<std::string> versions;  ///< best first, the reference last
  std::function<PreparedCall()> prepare;
  std::vector<NativeVersion> natives;
};

/// Bytes of a tensor in a network of this type.
[[nodiscard]] inline double tensor_bytes(Shape4 s, DType network, int block, std::int64_t split = 0) {
  const TensorView view(nullptr, activation_type(network, block), s, block, split);
  return static_cast<double>(s.n * view.sample_stride) * static_cast<double>(size_of(view.dtype));
}

/// Names in an op's list that take this problem on this device.
template <typename List, typename Problem>
std::vector<std::string> version_names(const List& list, const Problem& problem, DeviceKind device) {
  std::vector<std::string> names;
  for (const auto& implementation : list) {
    if (implementation.device == device && implementation.supports(problem)) {
      names.emplace_back(implementation.name);
    }
  }
  return names;
}

/// Times calls and keeps and prints their rows.
class OpBench {
 public:
  explicit OpBench(const OpBenchOptions& options);
  [[nodiscard]] Stream& stream() { return stream_; }
  [[nodiscard]] const OpBenchOptions& options() const { return options_; }
  void run(const OpCall& call);
  /// Writes the file and returns the exit code.
  int finish();

 private:
  struct Row;
  [[nodiscard]] bool chosen(const OpCall& call, const std::string& version) const;
  [[nodiscard]] const Roof& roof(const std::string& version);
  void compare(const PreparedCall& prepared, std::vector<float>& first, Row& row);
  void measure(const OpCall& call, const std::function<void()>& body, Row& row);
  /// The row of one version; an error becomes its text.
  Row attempt(const std::string& version, const std::function<void(Row&)>& body);
  void report(const OpCall& call, std::vector<Row>& rows);

  OpBenchOptions options_;
  Stream stream_;
  CallTimer timer_;
  std::map<std::string, std::string> missing_;  // libraries that cannot be loaded
  std::vector<std::pair<Arithmetic, Roof>> roofs_;
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
  int failures_ = 0;
};

}  // namespace selfsame::bench
