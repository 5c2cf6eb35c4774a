// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/add_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

// The output may be an input, element on element: no iteration depends on another.

void scale(float* y, float alpha, const float* a, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    y[i] = alpha * a[i];
  }
}

void add(float* y, float alpha, const float* a, float beta, const float* b, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    y[i] = alpha * a[i] + beta * b[i];
  }
}

constexpr AddKernels kKernels{scale, add};

}  // namespace

const AddKernels& add_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
