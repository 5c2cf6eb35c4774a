// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loop of scaled_product_simd.cpp. Private to this folder.

namespace selfsame {

struct ScaledProductKernels {
  /// y = (alpha * a + beta) * b; y may be a or b.
  void (*product)(float* y, float alpha, const float* a, float beta, const float* b, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(ScaledProductKernels, scaled_product_kernels)

}  // namespace selfsame
