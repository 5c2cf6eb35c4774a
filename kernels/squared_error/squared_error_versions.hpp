// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of squared_error_simd.cpp. Private to this folder.

namespace selfsame {

struct SquaredErrorKernels {
  /// The sum of (p - t)^2 in double: 16 running sums, combined in a fixed order.
  double (*sum)(const float* p, const float* t, std::int64_t count);
  /// d = scale * (p - t)
  void (*gradient)(float* d, const float* p, const float* t, float scale, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(SquaredErrorKernels, squared_error_kernels)

}  // namespace selfsame
