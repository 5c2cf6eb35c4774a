// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of coil_ops_simd.cpp over one piece of a sample's pixels. Private to this folder.

namespace selfsame {

/// Pixels of a piece at the most: a piece of one coil is 4 KiB, so that some coils of two stacks stay in the
/// first-level cache. Part of the result of data_consistency_backward: it fixes the order of summation.
inline constexpr std::int64_t kCoilPiece = 512;

/// A piece: `count` pixels of `coils` planes that lie `stride` floats apart, 2*count floats of each.
struct CoilPiece {
  std::int64_t coils, stride, count;
};

struct CoilLoops {
  void (*expand)(float* coils, const float* image, const float* maps, CoilPiece p);
  void (*combine)(float* image, const float* coils, const float* maps, CoilPiece p);
  void (*maps_gradient)(float* dmaps, const float* image, const float* coils, CoilPiece p);

  void (*root_sum_of_squares)(float* magnitude, const float* coils, CoilPiece p);
  void (*root_sum_of_squares_backward)(float* dcoils, const float* dmagnitude, const float* magnitude,
                                       const float* coils, CoilPiece p);
  /// maps = coils / magnitude, 0 where that is 0.
  void (*divide)(float* maps, const float* magnitude, const float* coils, CoilPiece p);
  void (*normalize_backward)(float* dcoils, const float* dmaps, const float* maps, const float* magnitude,
                             CoilPiece p);

  /// `weight`: lambda * mask, one for every float of a coil's piece.
  void (*data_consistency)(float* next, const float* current, const float* measured, const float* refinement,
                           const float* weight, CoilPiece p);
  /// Writes (1 - weight) * dnext and returns sum dnext * mask * (current - measured) in double, in the order
  /// of coils and, within one, in 16 interleaved sums.
  double (*data_consistency_backward)(float* dcurrent, const float* dnext, const float* current,
                                      const float* measured, const float* mask, const float* weight,
                                      CoilPiece p);

  void (*split)(float* real, float* imaginary, const float* z, std::int64_t count);
  void (*join)(float* z, const float* real, const float* imaginary, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(CoilLoops, coil_loops)

}  // namespace selfsame
