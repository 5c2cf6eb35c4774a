// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of masked_error_simd.cpp over a plane of `count` pixels. Private to this folder.

namespace selfsame {

struct MaskedErrorKernels {
  /// The number of pixels in J.
  std::int64_t (*pixels)(const float* mask, std::int64_t count);
  /// The sum of (p - t)^2 over J in double: 16 running sums, combined in a fixed order.
  double (*sum)(const float* p, const float* t, const float* mask, std::int64_t count);
  /// d = scale * (p - t) in J, else 0
  void (*gradient)(float* d, const float* p, const float* t, const float* mask, float scale,
                   std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(MaskedErrorKernels, masked_error_kernels)

}  // namespace selfsame
