// SPDX-License-Identifier: Apache-2.0
// Transforms of 2, 3, 4, 5, 7 and 8 numbers in registers, forward: y[m] = sum_q v[q] exp(-2 pi i q m / R).
#pragma once
#include "kernels/device/gpu/complex.cuh"

namespace selfsame::SELFSAME_GPU {

/// -i a
__device__ inline Complex times_minus_i(Complex a) { return {a.im, -a.re}; }

/// cos(2 pi k / R), for k <= R/2. Sixteen digits, rounded by the compiler.
template <int R>
__device__ constexpr float root_cos(int k) {
  if constexpr (R == 3) {
    return -0.5f;
  } else if constexpr (R == 5) {
    return k == 1 ? 0.30901699437494742f : -0.80901699437494742f;
  } else {
    return k == 1 ? 0.62348980185873353f : k == 2 ? -0.22252093395631440f : -0.90096886790241913f;
  }
}
template <int R>
__device__ constexpr float root_sin(int k) {
  if constexpr (R == 3) {
    return 0.86602540378443865f;
  } else if constexpr (R == 5) {
    return k == 1 ? 0.95105651629515357f : 0.58778525229247313f;
  } else {
    return k == 1 ? 0.78183148246802981f : k == 2 ? 0.97492791218182361f : 0.43388373911755812f;
  }
}

/// Odd R: the sums and differences of numbers that lie opposite each other.
template <int R>
__device__ inline void butterfly(Complex (&v)[R]) {
  static_assert(R == 3 || R == 5 || R == 7);
  constexpr int kPairs = R / 2;
  Complex sum[kPairs], difference[kPairs];
#pragma unroll
  for (int j = 0; j < kPairs; ++j) {
    sum[j] = v[j + 1] + v[R - 1 - j];
    difference[j] = times_minus_i(v[j + 1] - v[R - 1 - j]);
  }
  const Complex first = v[0];
#pragma unroll
  for (int j = 0; j < kPairs; ++j) {
    v[0] = v[0] + sum[j];
  }
#pragma unroll
  for (int m = 1; m <= kPairs; ++m) {
    Complex even = first, odd{0.0f, 0.0f};
#pragma unroll
    for (int j = 1; j <= kPairs; ++j) {
      const int k = j * m % R;
      const bool folded = k > kPairs;
      even = even + root_cos<R>(folded ? R - k : k) * sum[j - 1];
      odd = odd + (folded ? -root_sin<R>(R - k) : root_sin<R>(k)) * difference[j - 1];
    }
    v[m] = even + odd;
    v[R - m] = even - odd;
  }
}

__device__ inline void butterfly(Complex (&v)[2]) {
  const Complex difference = v[0] - v[1];
  v[0] = v[0] + v[1];
  v[1] = difference;
}

__device__ inline void butterfly(Complex (&v)[4]) {
  const Complex a = v[0] + v[2], b = v[0] - v[2], c = v[1] + v[3], d = times_minus_i(v[1] - v[3]);
  v[0] = a + c;
  v[1] = b + d;
  v[2] = a - c;
  v[3] = b - d;
}

__device__ inline void butterfly(Complex (&v)[8]) {
  constexpr float kHalfRoot = 0.70710678118654752f;
  Complex even[4] = {v[0], v[2], v[4], v[6]}, odd[4] = {v[1], v[3], v[5], v[7]};
  butterfly(even);
  butterfly(odd);
  odd[1] = kHalfRoot * Complex{odd[1].re + odd[1].im, odd[1].im - odd[1].re};  // exp(-i pi/4)
  odd[2] = times_minus_i(odd[2]);
  odd[3] = kHalfRoot * Complex{odd[3].im - odd[3].re, -odd[3].re - odd[3].im};  // exp(-3 i pi/4)
#pragma unroll
  for (int m = 0; m < 4; ++m) {
    v[m] = even[m] + odd[m];
    v[m + 4] = even[m] - odd[m];
  }
}

}  // namespace selfsame::SELFSAME_GPU
