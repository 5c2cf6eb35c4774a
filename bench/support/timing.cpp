// SPDX-License-Identifier: Apache-2.0
#include "bench/support/timing.hpp"

#include <algorithm>
#include <chrono>
#if defined(SELFSAME_CUDA)
#include <cuda_runtime_api.h>

#include "kernels/device/cuda/cuda_check.hpp"
#endif
#if defined(SELFSAME_X86_SETS)
#include <immintrin.h>
#endif

#include "kernels/device/isa.hpp"

namespace selfsame::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kFlushBytes = std::size_t{128} << 20;
constexpr int kFewest = 3;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

Quartiles quartiles(std::vector<double> values) {
  SELFSAME_CHECK(!values.empty(), "no values");
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {  // linear between neighbours
    const double place = part * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
  };
  return {at(0.25), at(0.5), at(0.75)};
}

#if defined(SELFSAME_CUDA)
class CallTimer::Events {
 public:
  Events() {
    cuda_check(cudaEventCreate(&begin_), "cudaEventCreate");
    cuda_check(cudaEventCreate(&end_), "cudaEventCreate");
  }
  ~Events() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  void begin(Stream& stream) { record(begin_, stream); }
  double end(Stream& stream) {
    record(end_, stream);
    stream.synchronize();
    float ms = 0;
    cuda_check(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
    return ms;
  }

 private:
  static void record(cudaEvent_t event, Stream& stream) {
    cuda_check(cudaEventRecord(event, static_cast<cudaStream_t>(stream.queue().native())), "cudaEventRecord");
  }
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};
#else
class CallTimer::Events {
 public:
  void begin(Stream&) {}
  double end(Stream&) { return 0; }
};
#endif

CallTimer::CallTimer(Stream& stream, const TimingOptions& options) : stream_(stream), options_(options) {
  if (options_.flush_cache && stream.device() != DeviceKind::kSimulated) {
    flushed_ = Buffer(kFlushBytes, stream.device());
  }
  if (stream.device() == DeviceKind::kCuda) {
    events_ = std::make_unique<Events>();
  }
}

CallTimer::~CallTimer() = default;

void CallTimer::flush() {
  if (flushed_.bytes() > 0) {
    stream_.queue().fill(flushed_.data(), ++fill_, flushed_.bytes());
  }
}

double CallTimer::time_once(const std::function<void()>& call, Graph* graph) {
  flush();
  if (events_ != nullptr) {
    events_->begin(stream_);
    graph->launch();
    return events_->end(stream_);
  }
  stream_.synchronize();
  const auto start = Clock::now();
  graph != nullptr ? graph->launch() : call();
  stream_.synchronize();
  return ms_since(start);
}

std::vector<double> CallTimer::time(const std::function<void()>& call) {
  call();  // the first call may look up kernels and allocate
  stream_.synchronize();
  std::unique_ptr<Graph> graph;
  if (stream_.device() != DeviceKind::kCpu) {
    stream_.queue().begin_capture();
    call();
    graph = stream_.queue().end_capture();
  }
  std::vector<double> times;
  const auto start = Clock::now();
  for (int i = 0; i < options_.warmup; ++i) {
    static_cast<void>(time_once(call, graph.get()));
  }
  const double spent = options_.warmup > 0 ? ms_since(start) / options_.warmup : 0;
  const int affordable =
      spent > 0 ? static_cast<int>(std::min(1e3 * options_.seconds / spent, 1e6)) : options_.repeats;
  const int count = std::max(std::min(kFewest, options_.repeats), std::min(options_.repeats, affordable));
  for (int i = 0; i < count; ++i) {
    times.push_back(time_once(call, graph.get()));
  }
  return times;
}

double Roof::ms(double flops, double bytes, bool& memory) const {
  const double math_ms = tflops > 0 ? flops / tflops * 1e-9 : 0;
  const double memory_ms = gbs > 0 ? bytes / gbs * 1e-6 : 0;
  memory = memory_ms > math_ms;
  return std::max(math_ms, memory_ms);
}

namespace {

/// Bytes read and written per second by copies of a buffer that no cache holds.
double copy_gbs(Stream& stream) {
  const std::size_t bytes =
      stream.device() == DeviceKind::kCpu ? std::size_t{256} << 20 : std::size_t{1} << 30;
  const Buffer from(bytes, stream.device()), to(bytes, stream.device());
  std::vector<double> times;
  for (int i = 0; i < 7; ++i) {
    stream.synchronize();
    const auto start = Clock::now();
    if (stream.device() == DeviceKind::kCpu) {
      const std::int64_t parts = stream.pool().threads(), part = static_cast<std::int64_t>(bytes) / parts;
      stream.pool().run(parts, [&](std::int64_t i_part, int) {
        std::copy_n(from.data() + i_part * part, part, to.data() + i_part * part);
      });
    } else {
      stream.copy(to.data(), from.data(), bytes);
      stream.synchronize();
    }
    times.push_back(ms_since(start));
  }
  return 2.0 * static_cast<double>(bytes) / quartiles(times).median * 1e-6;
}

#if defined(SELFSAME_X86_SETS)
constexpr int kRounds = 2000000, kSums = 12;

/// Independent multiply-adds; returns a value so that they are not left out.
__attribute__((target("avx512f"))) float spin_avx512() {
  __m512 sum[kSums];
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(1e-3f);
  for (__m512& s : sum) {
    s = b;
  }
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < kSums; ++k) {
      sum[k] = _mm512_fmadd_ps(sum[k], a, b);
    }
  }
  float total = 0;
  for (const __m512& s : sum) {
    total += _mm512_cvtss_f32(s);
  }
  return total;
}

__attribute__((target("avx2,fma"))) float spin_avx2() {
  __m256 sum[kSums];
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(1e-3f);
  for (__m256& s : sum) {
    s = b;
  }
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < kSums; ++k) {
      sum[k] = _mm256_fmadd_ps(sum[k], a, b);
    }
  }
  float total = 0;
  for (const __m256& s : sum) {
    total += _mm256_cvtss_f32(s);
  }
  return total;
}

double peak_tflops(Stream& stream) {
  const bool wide = isa_available(Isa::kAvx512);
  if (!wide && !isa_available(Isa::kAvx2)) {
    return 0;
  }
  double best = 0;
  volatile float sink = 0;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    stream.pool().run(stream.pool().threads(),
                      [&](std::int64_t, int) { sink = wide ? spin_avx512() : spin_avx2(); });
    const double flops =
        2.0 * (wide ? 16 : 8) * kSums * static_cast<double>(kRounds) * stream.pool().threads();
    best = std::max(best, flops / ms_since(start) * 1e-9);
  }
  return best;
}
#else
double peak_tflops(Stream&) { return 0; }
#endif

}  // namespace

Roof default_roof(Stream& stream, Arithmetic arithmetic) {
  switch (stream.device()) {
    case DeviceKind::kSimulated:
      return {0, 0, "none: times of the simulated device say nothing"};
    case DeviceKind::kCpu: {
      const bool f32 = arithmetic == Arithmetic::kFloat32;
      return {
          f32 ? peak_tflops(stream) : 0, copy_gbs(stream),
          f32 ? "measured now: independent float32 multiply-adds in registers; a copy of 256 MiB, bytes read "
                "and written"
              : "measured now: a copy of 256 MiB, bytes read and written; no rate of arithmetic stated"};
    }
    case DeviceKind::kCuda:
      break;
  }
  if (device_of(stream.device()).description().find("H200") != std::string::npos) {
    const char* copy = "; copy 4.3 TB/s read and written, measured on an H200";
    switch (arithmetic) {
      case Arithmetic::kBfloat16:
        return {790, 4300, std::string("bf16: a product of 8192^3 random values measured on an H200") + copy};
      case Arithmetic::kTf32:
        return {395, 4300, std::string("tf32: half of the measured bf16 rate") + copy};
      case Arithmetic::kFloat32:
        return {67, 4300, std::string("float32: NVIDIA's data sheet of the H200") + copy};
    }
  }
  return {0, copy_gbs(stream),
          "measured now: a copy of 1 GiB, bytes read and written; no rate of arithmetic stated"};
}

}  // namespace selfsame::bench
