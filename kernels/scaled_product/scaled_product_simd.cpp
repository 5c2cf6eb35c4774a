// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/vec.hpp"
#include "kernels/scaled_product/scaled_product_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

// The output may be an input, element on element: no iteration depends on another.
void product(float* y, float alpha, const float* a, float beta, const float* b, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    store(y + i, (alpha * load(a + i) + beta) * load(b + i));
  }
  for (; i < count; ++i) {
    y[i] = (alpha * a[i] + beta) * b[i];
  }
}

constexpr ScaledProductKernels kKernels{product};

}  // namespace

const ScaledProductKernels& scaled_product_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
