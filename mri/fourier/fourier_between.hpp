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

/// The way back.
inline void between_to_points(float* points, const float* between, std::ptrdiff_t rows, std::ptrdiff_t index,
                              std::ptrdiff_t count) {
  std::ptrdiff_t i = 0;
  while (i < count) {
    const std::ptrdiff_t column = index + i, lane = column % kFourierGroup;
    const float* from = between + column / kFourierGroup * rows * kGroupRow + lane;
    float* to = points + i * kPoint;
    if (count - i >= 4 && lane <= kFourierGroup - 4) {
      const Quad re = load_quad(from, kGroupRow), im = load_quad(from + kFourierGroup, kGroupRow);
      for (std::ptrdiff_t j = 0; j < 4; ++j) {
        store(to + j * kPoint, re.v[j]);
        store(to + j * kPoint + kWidth, im.v[j]);
      }
      i += 4;
    } else {
      for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
        to[r] = from[r * kGroupRow];
        to[kWidth + r] = from[r * kGroupRow + kFourierGroup];
      }
      ++i;
    }
  }
}

/// The columns kWidth block ... kWidth (block + 1) - 1 as lanes.
class BetweenColumns {
 public:
  BetweenColumns(float* between, std::ptrdiff_t rows, std::ptrdiff_t block)
      : low_(between + block * kWidth / kFourierGroup * rows * kGroupRow + block * kWidth % kFourierGroup),
        high_(low_ + rows * kGroupRow) {}

  /// Points of rows [row, row + count).
  void load_points(float* points, std::ptrdiff_t row, std::ptrdiff_t count) const {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      store(points + i * kPoint, part(row + i));
      store(points + i * kPoint + kWidth, part(row + i, kFourierGroup));
    }
  }
  void store_points(const float* points, std::ptrdiff_t row, std::ptrdiff_t count) const {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      put_part(row + i, 0, load(points + i * kPoint));
      put_part(row + i, kFourierGroup, load(points + i * kPoint + kWidth));
    }
  }

 private:
#if defined(SELFSAME_ISA_avx512)
  [[nodiscard]] Vec part(std::ptrdiff_t row, std::ptrdiff_t at = 0) const {
    const __m512 low = _mm512_castps256_ps512(_mm256_loadu_ps(low_ + row * kGroupRow + at));
    return _mm512_insertf32x8(low, _mm256_loadu_ps(high_ + row * kGroupRow + at), 1);
  }
  void put_part(std::ptrdiff_t row, std::ptrdiff_t at, Vec v) const {
    _mm256_storeu_ps(low_ + row * kGroupRow + at, _mm512_maskz_extractf32x8_ps(0xff, v, 0));
    _mm256_storeu_ps(high_ + row * kGroupRow + at, _mm512_maskz_extractf32x8_ps(0xff, v, 1));
  }
#else
  [[nodiscard]] Vec part(std::ptrdiff_t row, std::ptrdiff_t at = 0) const {
    return load(low_ + row * kGroupRow + at);
  }
  void put_part(std::ptrdiff_t row, std::ptrdiff_t at, Vec v) const { store(low_ + row * kGroupRow + at, v); }
#endif
  float* low_;
  [[maybe_unused]] float* high_;  // of the second group, where a register has two
};

}  // namespace selfsame::SELFSAME_ISA
