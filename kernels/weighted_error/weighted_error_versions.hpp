// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of weighted_error_simd.cpp. Private to this folder.

namespace selfsame {

/// Sums over a row: of squares and of moduli of the differences and of the targets.
struct RelativeSums {
  double e2, n2, e1, n1;
};

/// A row of `count` complex numbers (real and imaginary part interleaved) and its weights. Sums in double, in
/// an order of the count alone.
struct WeightedErrorKernels {
  /// sum w |p - t|^2
  double (*squared_error)(const float* p, const float* t, const float* w, std::int64_t count);
  /// sum w |z|^2
  double (*squares)(const float* z, const float* w, std::int64_t count);
  /// d = scale w (p - t)
  void (*gradient)(float* d, const float* p, const float* t, const float* w, float scale, std::int64_t count);
  /// Adds the row's sums.
  void (*relative)(RelativeSums& sums, const float* p, const float* t, const float* w, std::int64_t count);
  /// d = w (p - t) (a + b / |p - t|), 0 where p = t
  void (*relative_gradient)(float* d, const float* p, const float* t, const float* w, double a, double b,
                            std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(WeightedErrorKernels, weighted_error_kernels)

}  // namespace selfsame
