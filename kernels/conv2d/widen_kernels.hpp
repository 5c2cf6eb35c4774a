// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/device/bf16.hpp"
#include "kernels/device/isa.hpp"

// The loops of widen_simd.cpp: between 16 channels of a bf16 block and a float block of 16.

namespace selfsame {

struct WidenKernels {
  /// to[i*16 + c] = from[i*from_pixel + c] for 16 channels of every pixel.
  void (*widen)(float* to, const bf16* from, std::ptrdiff_t from_pixel, std::int64_t pixels);
  /// to[i*to_pixel + c] = from[i*16 + c], rounded to nearest even; a null `from` is zeros.
  void (*narrow)(bf16* to, std::ptrdiff_t to_pixel, const float* from, std::int64_t pixels);
};
SELFSAME_DECLARE_ISA_TABLE(WidenKernels, widen_kernels)

}  // namespace selfsame
