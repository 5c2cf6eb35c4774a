// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

// An output may be an input, element on element: no iteration depends on another.

void forward(float* y, const float* x, float slope, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = slope * x[i];
    y[i] = x[i] > 0 ? x[i] : scaled;
  }
}

void backward(float* dx, const float* dy, const float* x, float slope, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = slope * dy[i];
    dx[i] = x[i] > 0 ? dy[i] : scaled;
  }
}

constexpr ActivationKernels kKernels{forward, backward};

}  // namespace

const ActivationKernels& activation_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
