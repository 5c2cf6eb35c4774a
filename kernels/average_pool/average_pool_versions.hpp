// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of average_pool_simd.cpp, over rows of one channel block (W, 16). Private to this folder.

namespace selfsame {

struct AveragePoolKernels {
  /// `count` windows of the rows upper and lower.
  void (*forward_row)(float* y, const float* upper, const float* lower, std::int64_t count);
  /// One row of dx, `width` pixels; dy or add may be null.
  void (*backward_row)(float* dx, const float* dy, const float* add, std::int64_t width);
};
SELFSAME_DECLARE_ISA_TABLE(AveragePoolKernels, average_pool_kernels)

}  // namespace selfsame
