// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// The loops of squared_error_simd.cpp. Private to this folder.

namespace selfsame {

template <typename T>
struct SquaredErrorLoops {
  /// The sum of (p - t)^2 in double: 16 running sums, combined in a fixed order.
  double (*sum)(const T* p, const T* t, std::int64_t count);
  /// d = scale * (p - t)
  void (*gradient)(T* d, const T* p, const T* t, float scale, std::int64_t count);
};
using SquaredErrorKernels = StoredTypes<SquaredErrorLoops>;
SELFSAME_DECLARE_ISA_TABLE(SquaredErrorKernels, squared_error_kernels)

}  // namespace selfsame
