// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of layout_simd.cpp. Private to this folder.

namespace selfsame {

struct LayoutKernels {
  /// y[i][c] = planes[c][i] for 16 channels; a null plane gives zeros.
  void (*to_blocks)(float* y, const float* const* planes, std::int64_t pixels);
  /// planes[c][i] = x[i][c]; a null plane is left out.
  void (*from_blocks)(float* const* planes, const float* x, std::int64_t pixels);
};
SELFSAME_DECLARE_ISA_TABLE(LayoutKernels, layout_kernels)

}  // namespace selfsame
