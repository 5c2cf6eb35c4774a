// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/device/stream.hpp"

// How the benches of bench/kernels time one call of an op, and what they hold it against.

namespace selfsame::bench {

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
[[nodiscard]] Quartiles quartiles(std::vector<double> values);

struct TimingOptions {
  int warmup = 2;
  int repeats = 30;         ///< at most
  double seconds = 0.5;     ///< per version: fewer repeats, but at least 3, where a call takes long
  bool flush_cache = true;  ///< write 128 MiB before every call, so that it finds its operands in memory
};

/// Times single calls. On a GPU the call is recorded once and its graph is started between two events of the
/// stream, while the writing that flushes the cache is still under way: no work of the host is in the time.
class CallTimer {
 public:
  CallTimer(Stream& stream, const TimingOptions& options);
  ~CallTimer();
  CallTimer(const CallTimer&) = delete;
  CallTimer& operator=(const CallTimer&) = delete;

  /// Milliseconds of every timed call.
  [[nodiscard]] std::vector<double> time(const std::function<void()>& call);

 private:
  class Events;
  void flush();
  double time_once(const std::function<void()>& call, Graph* graph);

  Stream& stream_;
  TimingOptions options_;
  Buffer flushed_;
  unsigned char fill_ = 0;
  std::unique_ptr<Events> events_;
};

/// What the machine could do. 0 = not stated.
struct Roof {
  double tflops = 0, gbs = 0;
  std::string source;
  /// Milliseconds that this work takes at the roof, 0 where none is stated; `memory` says which part it is.
  [[nodiscard]] double ms(double flops, double bytes, bool& memory) const;
};

enum class Arithmetic { kFloat32, kTf32, kBfloat16 };

/// Copy rate and rate of multiply-adds: measured for a CPU in float32; for an H200 the figures measured on
/// one; for other devices the copy is measured and no rate is stated.
[[nodiscard]] Roof default_roof(Stream& stream, Arithmetic arithmetic);

}  // namespace selfsame::bench
