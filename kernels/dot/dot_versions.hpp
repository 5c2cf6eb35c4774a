// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loop of dot_simd.cpp. Private to this folder.

namespace selfsame {

struct DotKernels {
  /// The sum of a * b in double: 16 running sums, combined in a fixed order.
  double (*sum)(const float* a, const float* b, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(DotKernels, dot_kernels)

}  // namespace selfsame
