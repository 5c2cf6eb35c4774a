// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier_pieces.hpp"
#include "mri/fourier/fourier_versions.hpp"

// Reading and writing the layout between the two halves of a 2-D transform (fourier_versions.hpp). Only for
// *_simd.cpp of mri/fourier and mri/sense.

namespace selfsame::SELFSAME_ISA {

constexpr std::ptrdiff_t kGroupRow = 2 * kFourierGroup;

/// Points of columns [index, index + count) of kWidth rows. `between` is that of the first row, a group has
/// `rows` of them.
inline void points_to_between(float* between, std::ptrdiff_t rows, const float* points, std::ptrdiff_t index,
                              std::ptrdiff_t count) {
  std::ptrdiff_t i = 0;
  while (i < count) {
    const std::ptrdiff_t column = index + i, lane = column % kFourierGroup;
    float* to = between + column / kFourierGroup * rows * kGroupRow + lane;
    const float* from = points + i * kPoint;
    if (count - i >= 4 && lane <= kFourierGroup - 4) {
      const Quad re{{load(from), load(from + kPoint), load(from + 2 * kPoint), load(from + 3 * kPoint)}};
      from += kWidth;
      const Quad im{{load(from), load(from + kPoint), load(from + 2 * kPoint), load(from + 3 * kPoint)}};
      store_quad(to, kGroupRow, re);
      store_quad(to + kFourierGroup, kGroupRow, im);
      i += 4;
    } else {
      for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
        to[r * kGroupRow] = from[r];
        to[r * kGroupRow + kFourierGroup] = from[kWidth + r];
      }
      ++i;
    }
  }
}

/// Columns from w to the end of its last pair of groups, of kWidth rows: they are computed with and never
/// used, and must be numbers.
inline void clear_between(float* between, std::ptrdiff_t rows, std::ptrdiff_t w) {
  for (std::ptrdiff_t column = w; column < (w + 15) / 16 * 16; ++column) {
    float* to = between + column / kFourierGroup * rows * kGroupRow + column % kFourierGroup;
    for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
      to[r * kGroupRow] = 0;
      to[r * kGroupRow + kFourierGroup] = 0;
    }
  }
}

/// Points of rows [index, index + count) of the columns kWidth block ... kWidth (block + 1) - 1.
struct BetweenColumns {
  const float *low, *high;
  BetweenColumns(const float* between, std::ptrdiff_t rows, std::ptrdiff_t block) {
    const std::ptrdiff_t column = block * kWidth;
    low = between + column / kFourierGroup * rows * kGroupRow + column % kFourierGroup;
    high = low + rows * kGroupRow;
  }
  void operator()(float* points, std::ptrdiff_t index, std::ptrdiff_t count) const {
    const float* from = low + index * kGroupRow;
    [[maybe_unused]] const float* other = high + index * kGroupRow;
    for (std::ptrdiff_t i = 0; i < count; ++i) {
#if defined(SELFSAME_ISA_avx512)
      const __m512 re = _mm512_castps256_ps512(_mm256_loadu_ps(from + i * kGroupRow));
      const __m512 im = _mm512_castps256_ps512(_mm256_loadu_ps(from + i * kGroupRow + kFourierGroup));
      store(points + i * kPoint, _mm512_insertf32x8(re, _mm256_loadu_ps(other + i * kGroupRow), 1));
      store(points + i * kPoint + kWidth,
            _mm512_insertf32x8(im, _mm256_loadu_ps(other + i * kGroupRow + kFourierGroup), 1));
#else
      store(points + i * kPoint, load(from + i * kGroupRow));
      store(points + i * kPoint + kWidth, load(from + i * kGroupRow + kFourierGroup));
#endif
    }
  }
};

}  // namespace selfsame::SELFSAME_ISA
