// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// The loops of average_pool_simd.cpp, over rows of one channel block (W, block), block a multiple of 16.
// Private to this folder.

namespace selfsame {

template <typename T>
struct AveragePoolLoops {
  /// `count` windows of the rows upper and lower.
  void (*forward_row)(T* y, const T* upper, const T* lower, std::int64_t count, int block);
  /// One row of dx, `width` pixels; dy or add may be null.
  void (*backward_row)(T* dx, const T* dy, const T* add, std::int64_t width, int block);
};
using AveragePoolKernels = StoredTypes<AveragePoolLoops>;
SELFSAME_DECLARE_ISA_TABLE(AveragePoolKernels, average_pool_kernels)

}  // namespace selfsame
