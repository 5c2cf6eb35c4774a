// SPDX-License-Identifier: Apache-2.0
#include "kernels/masked_error/masked_error_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kRunning = 16;

inline double square_of(const float* p, const float* t, const float* mask) {
  const double difference = static_cast<double>(*p) - static_cast<double>(*t);
  return *mask != 0.0f ? difference * difference : 0.0;
}

std::int64_t pixels(const float* mask, std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum += mask[i] != 0.0f ? 1 : 0;
  }
  return sum;
}

double sum(const float* p, const float* t, const float* mask, std::int64_t count) {
  double running[kRunning] = {};
  std::int64_t i = 0;
  for (; i + kRunning <= count; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      running[j] += square_of(p + i + j, t + i + j, mask + i + j);
    }
  }
  double total = 0;
  for (; i < count; ++i) {
    total += square_of(p + i, t + i, mask + i);
  }
  for (int j = 0; j < kRunning; ++j) {
    total += running[j];
  }
  return total;
}

// The output may be an input, element on element: no iteration depends on another.
void gradient(float* d, const float* p, const float* t, const float* mask, float scale, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const float difference = scale * (p[i] - t[i]);
    d[i] = mask[i] != 0.0f ? difference : 0.0f;
  }
}

constexpr MaskedErrorKernels kKernels{pixels, sum, gradient};

}  // namespace

const MaskedErrorKernels& masked_error_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
