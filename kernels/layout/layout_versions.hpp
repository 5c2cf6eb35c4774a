// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// The loops of layout_simd.cpp. Private to this folder.

namespace selfsame {

/// Between planes of floats and blocks of T with 16 or 32 channels.
template <typename T>
struct LayoutLoops {
  /// y[i][c] = planes[c][i] for all channels of a block; a null plane gives zeros.
  void (*to_blocks)(T* y, const float* const* planes, std::int64_t pixels, int block);
  /// planes[c][i] = x[i][c]; a null plane is left out.
  void (*from_blocks)(float* const* planes, const T* x, std::int64_t pixels, int block);
};
using LayoutKernels = StoredTypes<LayoutLoops>;
SELFSAME_DECLARE_ISA_TABLE(LayoutKernels, layout_kernels)

}  // namespace selfsame
