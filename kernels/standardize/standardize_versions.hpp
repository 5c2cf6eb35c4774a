// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of standardize_simd.cpp, over n neighbouring floats. Private to this folder.

namespace selfsame {

struct StandardizeKernels {
  /// sum(x - shift), and with squares = true of its squares; 16 interleaved sums in double.
  double (*sum)(const float* x, std::int64_t n, double shift, bool squares);
  /// sums[0] += sum(d), sums[1] += sum(d * y), likewise; y may be null: sums[1] stays.
  void (*dots)(double* sums, const float* d, const float* y, std::int64_t n);
  /// y = (x - mean) * r, clamped to +-limit.
  void (*scale)(float* y, const float* x, std::int64_t n, float mean, float r, float limit);
  /// z = slope * d + offset + tilt * y; y may be null: z = slope * d + offset.
  void (*combine)(float* z, const float* d, const float* y, std::int64_t n, float slope, float offset,
                  float tilt);
};
SELFSAME_DECLARE_ISA_TABLE(StandardizeKernels, standardize_kernels)

}  // namespace selfsame
