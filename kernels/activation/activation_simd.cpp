// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation_versions.hpp"

#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

template <typename T>
void forward(T* y, const T* x, float slope, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec v = load(x + i);
    store(y + i, v > 0 ? v : v * slope);
  }
  for (; i < count; ++i) {
    const float v = load_one(x + i);
    store_one(y + i, v > 0 ? v : v * slope);
  }
}

template <typename T>
void backward(T* dx, const T* dy, const T* x, float slope, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec d = load(dy + i);
    store(dx + i, load(x + i) > 0 ? d : d * slope);
  }
  for (; i < count; ++i) {
    const float d = load_one(dy + i);
    store_one(dx + i, load_one(x + i) > 0 ? d : d * slope);
  }
}

constexpr ActivationKernels kKernels{{forward<float>, backward<float>}, {forward<bf16>, backward<bf16>}};

}  // namespace

const ActivationKernels& activation_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
