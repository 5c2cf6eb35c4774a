// SPDX-License-Identifier: Apache-2.0
#include "kernels/dot/dot_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kRunning = 16;

double sum(const float* a, const float* b, std::int64_t count) {
  double running[kRunning] = {};
  std::int64_t i = 0;
  for (; i + kRunning <= count; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      running[j] += static_cast<double>(a[i + j]) * static_cast<double>(b[i + j]);
    }
  }
  double total = 0;
  for (; i < count; ++i) {
    total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  for (int j = 0; j < kRunning; ++j) {
    total += running[j];
  }
  return total;
}

constexpr DotKernels kKernels{sum};

}  // namespace

const DotKernels& dot_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
