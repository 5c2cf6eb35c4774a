// SPDX-License-Identifier: Apache-2.0
// The two tensor-core products of conv2d behind one name. In both, the reduction runs over two units of
// channels: registers {0, 1} of a half fragment are one row of 8 pixels times unit 0 and unit 1.
#pragma once
#include "kernels/conv2d/conv2d_units.cuh"

namespace selfsame::SELFSAME_GPU {

/// d (16x8) += a (16 x two units) * b (two units x 8)
__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], bf16) {
  mma_bf16(d, a, b);
}
__device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], float) {
  mma_tf32(d, a, b);
}

/// A register of activations as the product wants it: float is rounded to tf32, bf16 left as it is.
template <typename T>
__device__ inline unsigned operand(unsigned v) {
  if constexpr (std::is_same_v<T, float>) {
    return to_tf32(__builtin_bit_cast(float, v));
  } else {
    return v;
  }
}

/// Two neighbouring elements, written by one instruction: of a pack of two bf16 nvcc makes two.
__device__ inline void store_pair(bf16* to, float first, float second) {
  *reinterpret_cast<std::uint32_t*>(to) = to_bf16_pair(first, second);
}
__device__ inline void store_pair(float* to, float first, float second) {
  const Pack<float, 2> pair = {{first, second}};
  *reinterpret_cast<Pack<float, 2>*>(to) = pair;
}

}  // namespace selfsame::SELFSAME_GPU
