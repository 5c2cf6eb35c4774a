// SPDX-License-Identifier: Apache-2.0
// kernels/absolute_error/absolute_error.hpp on the CPU, by pieces of a sample with eight running sums.
#include <algorithm>
#include <cmath>

#include "kernels/absolute_error/absolute_error_versions.hpp"

namespace selfsame::absolute_error_cpu {
namespace {

double sum(const float* p, const float* t, std::int64_t count) {
  constexpr int kRunning = 8;
  double running[kRunning] = {};
  std::int64_t i = 0;
  for (; i + kRunning <= count; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      running[j] += std::abs(static_cast<double>(p[i + j]) - static_cast<double>(t[i + j]));
    }
  }
  double total = 0;
  for (; i < count; ++i) {
    total += std::abs(static_cast<double>(p[i]) - static_cast<double>(t[i]));
  }
  for (const double part : running) {
    total += part;
  }
  return total;
}

}  // namespace

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t count = shape.c * shape.h * shape.w, parts = absolute_error_parts(shape);
  const double elements = static_cast<double>(count);
  const auto step = static_cast<float>(1 / (elements * static_cast<double>(shape.n / lanes)));
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(shape.n * parts));
  stream.pool().run(shape.n * parts, [&](std::int64_t unit, int) {
    const std::int64_t first = unit % parts * kAbsoluteErrorPiece, at = unit / parts * count + first;
    const std::int64_t size = std::min(kAbsoluteErrorPiece, count - first);
    const float *p = prediction.as<float>() + at, *t = target.as<float>() + at;
    sums[unit] = sum(p, t, size);
    if (!dprediction.empty()) {
      float* d = dprediction.as<float>() + at;
      for (std::int64_t i = 0; i < size; ++i) {
        const float difference = p[i] - t[i];
        d[i] = difference > 0 ? step : difference < 0 ? -step : difference;
      }
    }
  });
  for (std::int64_t n = 0; n < shape.n; ++n) {
    double total = 0;
    for (std::int64_t part = 0; part < parts; ++part) {
      total += sums[n * parts + part];
    }
    sample_values[static_cast<std::size_t>(n)] = total / elements;
  }
}

}  // namespace selfsame::absolute_error_cpu
