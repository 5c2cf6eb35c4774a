// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "kernels/device/vec.hpp"

// Turning arrays of complex numbers into points of kWidth lanes and back: where lanes are rows, by
// transposing four floats of every row at a time; where lanes are neighbouring columns, by separating parts.
// Only for
// *_simd.cpp of mri/fourier and mri/sense.

namespace selfsame::SELFSAME_ISA {

/// Floats of one point: kWidth real parts, kWidth imaginary ones.
constexpr std::ptrdiff_t kPoint = 2 * kWidth;

/// Four floats of each of kWidth rows: v[i] has the i-th of every row.
struct Quad {
  Vec v[4];
};

#if defined(SELFSAME_ISA_avx512)
inline Vec four_rows(const float* from, std::ptrdiff_t stride) {
  const __m512 a = _mm512_castps128_ps512(_mm_loadu_ps(from));
  const __m512 b = _mm512_insertf32x4(a, _mm_loadu_ps(from + 4 * stride), 1);
  const __m512 c = _mm512_insertf32x4(b, _mm_loadu_ps(from + 8 * stride), 2);
  return _mm512_insertf32x4(c, _mm_loadu_ps(from + 12 * stride), 3);
}
inline void put_four_rows(float* to, std::ptrdiff_t stride, Vec v) {
  _mm_storeu_ps(to, __builtin_shufflevector(v, v, 0, 1, 2, 3));
  _mm_storeu_ps(to + 4 * stride, _mm512_maskz_extractf32x4_ps(0xf, v, 1));
  _mm_storeu_ps(to + 8 * stride, _mm512_maskz_extractf32x4_ps(0xf, v, 2));
  _mm_storeu_ps(to + 12 * stride, _mm512_maskz_extractf32x4_ps(0xf, v, 3));
}
inline Vec low_pairs(Vec a, Vec b) { return _mm512_maskz_unpacklo_ps(0xffff, a, b); }
inline Vec high_pairs(Vec a, Vec b) { return _mm512_maskz_unpackhi_ps(0xffff, a, b); }
inline Vec low_halves(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm512_maskz_unpacklo_pd(0xff, reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b)));
}
inline Vec high_halves(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm512_maskz_unpackhi_pd(0xff, reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b)));
}
/// Real and imaginary parts of 16 neighbouring complex numbers.
inline void separate(Vec a, Vec b, Vec& re, Vec& im) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  re = _mm512_permutex2var_ps(a, even, b);
  im = _mm512_permutex2var_ps(a, odd, b);
}
inline void join(Vec re, Vec im, Vec& a, Vec& b) {
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  a = _mm512_permutex2var_ps(re, low, im);
  b = _mm512_permutex2var_ps(re, high, im);
}
/// Four neighbouring complex numbers of 16 rows at a time: two thirds of the shuffles of two.
inline Vec eight_of_two_rows(const float* from, std::ptrdiff_t stride) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(from)), _mm256_loadu_ps(from + 4 * stride),
                            1);
}
/// f(i, re, im) for i < 4.
template <typename F>
inline void each_of_four_points(const float* from, std::ptrdiff_t stride, F&& f) {
  // [i][j]: floats j of rows 8 i ... 8 i + 3 and j + 4 of the same in one half, those of the next four rows
  // in the other.
  Vec part[2][4];
  for (int i = 0; i < 2; ++i) {
    const float* at = from + 8 * i * stride;
    const Vec r0 = eight_of_two_rows(at, stride), r1 = eight_of_two_rows(at + stride, stride);
    const Vec r2 = eight_of_two_rows(at + 2 * stride, stride),
              r3 = eight_of_two_rows(at + 3 * stride, stride);
    const Vec a = low_pairs(r0, r1), b = high_pairs(r0, r1), c = low_pairs(r2, r3), d = high_pairs(r2, r3);
    part[i][0] = low_halves(a, c), part[i][1] = high_halves(a, c);
    part[i][2] = low_halves(b, d), part[i][3] = high_halves(b, d);
  }
  Vec low[4], high[4];
  for (int j = 0; j < 4; ++j) {
    low[j] = __builtin_shufflevector(part[0][j], part[1][j], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25,
                                     26, 27);
    high[j] = __builtin_shufflevector(part[0][j], part[1][j], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28,
                                      29, 30, 31);
  }
  f(std::ptrdiff_t{0}, low[0], low[1]);
  f(std::ptrdiff_t{1}, low[2], low[3]);
  f(std::ptrdiff_t{2}, high[0], high[1]);
  f(std::ptrdiff_t{3}, high[2], high[3]);
}
inline void store_past_caches(float* to, Vec v) { _mm512_stream_ps(to, v); }
inline void order_stores() { _mm_sfence(); }
#elif defined(SELFSAME_ISA_avx2)
inline Vec four_rows(const float* from, std::ptrdiff_t stride) {
  const __m256 a = _mm256_castps128_ps256(_mm_loadu_ps(from));
  return _mm256_insertf128_ps(a, _mm_loadu_ps(from + 4 * stride), 1);
}
inline void put_four_rows(float* to, std::ptrdiff_t stride, Vec v) {
  _mm_storeu_ps(to, _mm256_castps256_ps128(v));
  _mm_storeu_ps(to + 4 * stride, _mm256_extractf128_ps(v, 1));
}
inline Vec low_pairs(Vec a, Vec b) { return _mm256_unpacklo_ps(a, b); }
inline Vec high_pairs(Vec a, Vec b) { return _mm256_unpackhi_ps(a, b); }
inline Vec low_halves(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm256_unpacklo_pd(reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b)));
}
inline Vec high_halves(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm256_unpackhi_pd(reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b)));
}
inline void separate(Vec a, Vec b, Vec& re, Vec& im) {
  const __m256 low = _mm256_permute2f128_ps(a, b, 0x20), high = _mm256_permute2f128_ps(a, b, 0x31);
  re = _mm256_shuffle_ps(low, high, 0x88);
  im = _mm256_shuffle_ps(low, high, 0xdd);
}
inline void join(Vec re, Vec im, Vec& a, Vec& b) {
  const __m256 low = _mm256_unpacklo_ps(re, im), high = _mm256_unpackhi_ps(re, im);
  a = _mm256_permute2f128_ps(low, high, 0x20);
  b = _mm256_permute2f128_ps(low, high, 0x31);
}
inline void store_past_caches(float* to, Vec v) { _mm256_stream_ps(to, v); }
inline void order_stores() { _mm_sfence(); }
#else
inline Vec four_rows(const float* from, std::ptrdiff_t /*stride*/) { return load(from); }
inline void put_four_rows(float* to, std::ptrdiff_t /*stride*/, Vec v) { store(to, v); }
inline Vec low_pairs(Vec a, Vec b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
inline Vec high_pairs(Vec a, Vec b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
inline Vec low_halves(Vec a, Vec b) { return __builtin_shufflevector(a, b, 0, 1, 4, 5); }
inline Vec high_halves(Vec a, Vec b) { return __builtin_shufflevector(a, b, 2, 3, 6, 7); }
inline void separate(Vec a, Vec b, Vec& re, Vec& im) {
  re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
inline void join(Vec re, Vec im, Vec& a, Vec& b) {
  a = low_pairs(re, im);
  b = high_pairs(re, im);
}
inline void store_past_caches(float* to, Vec v) { store(to, v); }
inline void order_stores() {}
#endif

/// Four by four within every quarter of a register.
inline Quad transposed(const Quad& q) {
  const Vec a = low_pairs(q.v[0], q.v[1]), b = high_pairs(q.v[0], q.v[1]);
  const Vec c = low_pairs(q.v[2], q.v[3]), d = high_pairs(q.v[2], q.v[3]);
  return {{low_halves(a, c), high_halves(a, c), low_halves(b, d), high_halves(b, d)}};
}

/// Floats from[0 .. 3] of kWidth rows, `stride` floats apart.
inline Quad load_quad(const float* from, std::ptrdiff_t stride) {
  return transposed({{four_rows(from, stride), four_rows(from + stride, stride),
                      four_rows(from + 2 * stride, stride), four_rows(from + 3 * stride, stride)}});
}
inline void store_quad(float* to, std::ptrdiff_t stride, const Quad& quad) {
  const Quad q = transposed(quad);
  put_four_rows(to, stride, q.v[0]);
  put_four_rows(to + stride, stride, q.v[1]);
  put_four_rows(to + 2 * stride, stride, q.v[2]);
  put_four_rows(to + 3 * stride, stride, q.v[3]);
}

/// Calls f(to_index, from_index, length) for the one or two runs of [index, index + count) rotated by `shift`
/// within n.
template <typename F>
inline void for_runs(std::ptrdiff_t index, std::ptrdiff_t count, std::ptrdiff_t shift, std::ptrdiff_t n,
                     F&& f) {
  const std::ptrdiff_t at = index + shift < n ? index + shift : index + shift - n;
  const std::ptrdiff_t first = count < n - at ? count : n - at;
  f(std::ptrdiff_t{0}, at, first);
  if (first < count) {
    f(first, std::ptrdiff_t{0}, count - first);
  }
}

/// Which half of a point holds what: swapped, a forward transform is an inverse one.
struct Parts {
  std::ptrdiff_t re = 0, im = kWidth;
  explicit Parts(bool swapped) : re(swapped ? kWidth : 0), im(swapped ? 0 : kWidth) {}
};

/// f(i, re, im) for `count` neighbouring complex numbers of kWidth rows, for some of them twice; rows into
/// points, and back.
template <typename F>
inline void each_point_of_rows(const float* from, std::ptrdiff_t stride, std::ptrdiff_t count, F&& f) {
  if (count == 1) {
    float parts[kPoint];
    for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
      parts[r] = from[r * stride];
      parts[kWidth + r] = from[r * stride + 1];
    }
    f(std::ptrdiff_t{0}, load(parts), load(parts + kWidth));
    return;
  }
#if defined(SELFSAME_ISA_avx512)
  for (std::ptrdiff_t i = 0; count >= 4 && i < count; i += 4) {
    i = i + 4 <= count ? i : count - 4;  // the last ones together with some before them
    each_of_four_points(from + 2 * i, stride, [&](std::ptrdiff_t j, Vec re, Vec im) { f(i + j, re, im); });
  }
  if (count >= 4) {
    return;
  }
#endif
  for (std::ptrdiff_t i = 0; i < count; i += 2) {
    i = i + 2 <= count ? i : count - 2;  // an odd last one together with the one before it
    const Quad q = load_quad(from + 2 * i, stride);
    f(i, q.v[0], q.v[1]);
    f(i + 1, q.v[2], q.v[3]);
  }
}
inline void rows_to_points(float* points, const float* from, std::ptrdiff_t stride, std::ptrdiff_t count,
                           Parts parts) {
  each_point_of_rows(from, stride, count, [&](std::ptrdiff_t i, Vec re, Vec im) {
    store(points + i * kPoint + parts.re, re);
    store(points + i * kPoint + parts.im, im);
  });
}
inline void points_to_rows(float* to, std::ptrdiff_t stride, const float* points, std::ptrdiff_t count,
                           Parts parts) {
  if (count == 1) {
    for (std::ptrdiff_t r = 0; r < kWidth; ++r) {
      to[r * stride] = points[parts.re + r];
      to[r * stride + 1] = points[parts.im + r];
    }
    return;
  }
  for (std::ptrdiff_t i = 0; i < count; i += 2) {
    i = i + 2 <= count ? i : count - 2;
    const float* from = points + i * kPoint;
    store_quad(to + 2 * i, stride,
               {{load(from + parts.re), load(from + parts.im), load(from + kPoint + parts.re),
                 load(from + kPoint + parts.im)}});
  }
}

}  // namespace selfsame::SELFSAME_ISA
