// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation_versions.hpp"

#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

void forward(float* y, const float* x, float slope, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec v = load(x + i);
    store(y + i, v > 0 ? v : v * slope);
  }
  for (; i < count; ++i) {
    y[i] = x[i] > 0 ? x[i] : x[i] * slope;
  }
}

void backward(float* dx, const float* dy, const float* x, float slope, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec d = load(dy + i);
    store(dx + i, load(x + i) > 0 ? d : d * slope);
  }
  for (; i < count; ++i) {
    dx[i] = x[i] > 0 ? dy[i] : dy[i] * slope;
  }
}

constexpr ActivationKernels kKernels{forward, backward};

}  // namespace

const ActivationKernels& activation_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
