// SPDX-License-Identifier: Apache-2.0
#include "kernels/squared_error/squared_error_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kRunning = 16;

double sum(const float* p, const float* t, std::int64_t count) {
  double running[kRunning] = {};
  std::int64_t i = 0;
  for (; i + kRunning <= count; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      const double difference = static_cast<double>(p[i + j]) - static_cast<double>(t[i + j]);
      running[j] += difference * difference;
    }
  }
  double total = 0;
  for (; i < count; ++i) {
    const double difference = static_cast<double>(p[i]) - static_cast<double>(t[i]);
    total += difference * difference;
  }
  for (int j = 0; j < kRunning; ++j) {
    total += running[j];
  }
  return total;
}

// The output may be an input, element on element: no iteration depends on another.
void gradient(float* d, const float* p, const float* t, float scale, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    d[i] = scale * (p[i] - t[i]);
  }
}

constexpr SquaredErrorKernels kKernels{sum, gradient};

}  // namespace

const SquaredErrorKernels& squared_error_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
