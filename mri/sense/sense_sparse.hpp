// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier_lines.hpp"

// F^H D F on the points of one butterfly whose radix R is an odd prime, where D, the same for all lanes, has
// few non-zero elements: frequencies that D takes away are not computed, neither there nor back. A mask of
// acceleration 4 leaves about 4/9 of the pairs (k, R - k), so that the butterflies, which for 368 = 16 * 23
// points are half of the arithmetic of the normal operator, take less than half as long. Only for *_simd.cpp
// of mri/sense.

namespace selfsame::SELFSAME_ISA {

/// The pairs (k, R - k), k = 1 ... R / 2, of one butterfly with a weight that is not zero, from 0.
struct KeptPairs {
  static constexpr int kMost = FourierPlan::kLargestCodelet / 2;
  unsigned char count = 0, at[kMost] = {};
};

/// Where weights[k * stride] are those of the butterfly's frequencies.
inline KeptPairs kept_pairs(std::ptrdiff_t radix, const float* weights, std::ptrdiff_t stride) {
  KeptPairs kept;
  for (std::ptrdiff_t k = 1; k <= radix / 2; ++k) {
    if (weights[k * stride] != 0.0f || weights[(radix - k) * stride] != 0.0f) {
      kept.at[kept.count++] = static_cast<unsigned char>(k - 1);
    }
  }
  return kept;
}

/// t_j = z_j + z_(R-j) and u_j = z_j - z_(R-j) of the points of a butterfly.
struct PointPairs {
  const float *first, *last;  ///< z_1, z_(R-1)
  std::ptrdiff_t stride;
  void get(std::ptrdiff_t j, Vec* t, Vec* u) const {
    const float *a = first + j * stride, *b = last - j * stride;
    const Vec a_re = load(a), a_im = load(a + kWidth), b_re = load(b), b_im = load(b + kWidth);
    t[0] = a_re + b_re, t[1] = a_im + b_im;
    u[0] = a_re - b_re, u[1] = a_im - b_im;
  }
};

/// The same, kept as they are: there are few.
struct FoldedPairs {
  alignas(64) float at[KeptPairs::kMost * 2 * kPoint];
  void get(std::ptrdiff_t j, Vec* t, Vec* u) const {
    const float* from = at + 2 * j * kPoint;
    t[0] = load(from), t[1] = load(from + kWidth);
    u[0] = load(from + kPoint), u[1] = load(from + kPoint + kWidth);
  }
  void put(std::ptrdiff_t j, const Vec* t, const Vec* u) {
    float* to = at + 2 * j * kPoint;
    store(to, t[0]), store(to + kWidth, t[1]);
    store(to + kPoint, u[0]), store(to + kPoint + kWidth, u[1]);
  }
};

/// put(k, c, s) with c = zero + sum_j cos(2 pi j k / R) t_j, s = sum_j sin(2 pi j k / R) u_j over the pairs j
/// of `from`, for kOutputs pairs k; numbers are real and imaginary part.
template <int kOutputs, typename Pairs, typename Put>
inline __attribute__((always_inline)) void pair_sums(const float* table, std::ptrdiff_t half,
                                                     const Pairs& pairs, const KeptPairs& from,
                                                     const Vec* zero, const unsigned char* k, Put&& put) {
  Vec c[kOutputs][2], s[kOutputs][2] = {};
  const float* row[kOutputs];
#pragma GCC unroll 5
  for (int o = 0; o < kOutputs; ++o) {
    c[o][0] = zero[0], c[o][1] = zero[1];
    row[o] = table + 2 * half * k[o];
  }
  for (int i = 0; i < from.count; ++i) {
    const std::ptrdiff_t j = from.at[i];
    Vec t[2], u[2];
    pairs.get(j, t, u);
#pragma GCC unroll 5
    for (int o = 0; o < kOutputs; ++o) {
      const float cosine = row[o][2 * j], sine = row[o][2 * j + 1];
      c[o][0] += cosine * t[0], c[o][1] += cosine * t[1];
      s[o][0] += sine * u[0], s[o][1] += sine * u[1];
    }
  }
#pragma GCC unroll 5
  for (int o = 0; o < kOutputs; ++o) {
    put(std::ptrdiff_t{k[o]}, c[o], s[o]);
  }
}

/// For all pairs k of `to`, in groups of like size as large as the registers allow.
template <typename Pairs, typename Put>
inline __attribute__((always_inline)) void all_pair_sums(const float* table, std::ptrdiff_t half,
                                                         const Pairs& pairs, const KeptPairs& from,
                                                         const Vec* zero, const KeptPairs& to, Put&& put) {
  constexpr int kMost = kWidth == 16 ? 5 : 2;
  for (int i = 0, groups = (to.count + kMost - 1) / kMost; groups > 0; --groups) {
    const int size = (to.count - i + groups - 1) / groups;
    const unsigned char* const k = to.at + i;
    switch (size) {
      case 1:
        pair_sums<1>(table, half, pairs, from, zero, k, put);
        break;
      case 2:
        pair_sums<2>(table, half, pairs, from, zero, k, put);
        break;
      case 3:
        pair_sums<kMost == 5 ? 3 : 1>(table, half, pairs, from, zero, k, put);
        break;
      case 4:
        pair_sums<kMost == 5 ? 4 : 1>(table, half, pairs, from, zero, k, put);
        break;
      default:
        pair_sums<kMost>(table, half, pairs, from, zero, k, put);
    }
    i += size;
  }
}

/// The points of one butterfly to those of F^H D F on them, parts swapped: what then goes on as a forward
/// transform is an inverse one. weights[k * weight_stride]: of the butterfly's frequencies.
inline void sparse_there_and_back(const FourierPass& pass, float* points, std::ptrdiff_t stride,
                                  const float* weights, std::ptrdiff_t weight_stride, const KeptPairs& kept) {
  const std::ptrdiff_t R = pass.radix, H = R / 2;
  KeptPairs every;
  every.count = static_cast<unsigned char>(H);
  for (std::ptrdiff_t j = 0; j < H; ++j) {
    every.at[j] = static_cast<unsigned char>(j);
  }
  const Vec zero[2] = {load(points), load(points + kWidth)};
  Vec sum[2] = {zero[0], zero[1]};
  for (std::ptrdiff_t j = 1; weights[0] != 0.0f && j < R; ++j) {
    sum[0] += load(points + j * stride);
    sum[1] += load(points + j * stride + kWidth);
  }
  // Swapped from here on: the real part of what goes back is the imaginary part of what came.
  const Vec mean[2] = {sum[1] * weights[0], sum[0] * weights[0]};
  sum[0] = mean[0], sum[1] = mean[1];
  const PointPairs there{points + stride, points + (R - 1) * stride, stride};
  FoldedPairs back;
  all_pair_sums(pass.halves, H, there, every, zero, kept, [&](std::ptrdiff_t k, const Vec* c, const Vec* s) {
    const float w = weights[(k + 1) * weight_stride], v = weights[(R - 1 - k) * weight_stride];
    // X_k = c - i s, X_(R-k) = c + i s.
    const Vec a[2] = {(c[1] - s[0]) * w, (c[0] + s[1]) * w}, b[2] = {(c[1] + s[0]) * v, (c[0] - s[1]) * v};
    const Vec t[2] = {a[0] + b[0], a[1] + b[1]}, u[2] = {a[0] - b[0], a[1] - b[1]};
    back.put(k, t, u);
    sum[0] += t[0], sum[1] += t[1];
  });
  const auto put = [&](std::ptrdiff_t k, Vec re, Vec im) {
    store(points + k * stride, re);
    store(points + k * stride + kWidth, im);
  };
  put(0, sum[0], sum[1]);
  all_pair_sums(pass.halves, H, back, kept, mean, every, [&](std::ptrdiff_t k, const Vec* c, const Vec* s) {
    put(k + 1, c[0] + s[1], c[1] - s[0]);
    put(R - 1 - k, c[0] - s[1], c[1] + s[0]);
  });
}

}  // namespace selfsame::SELFSAME_ISA
