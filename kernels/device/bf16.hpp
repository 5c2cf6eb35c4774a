// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#if defined(__CUDACC__)
#define SELFSAME_HOST_DEVICE __host__ __device__
#else
#define SELFSAME_HOST_DEVICE
#endif

namespace selfsame {

/// bfloat16: the upper half of a float. Storage only; arithmetic happens in float.
struct bf16 {
  std::uint16_t bits = 0;
};

SELFSAME_HOST_DEVICE inline float to_float(bf16 v) {
  const std::uint32_t bits = std::uint32_t{v.bits} << 16;
  return __builtin_bit_cast(float, bits);
}
SELFSAME_HOST_DEVICE inline float to_float(float v) { return v; }

/// Rounds to nearest, ties to even. A NaN stays a NaN (on a GPU the one of cvt.rn.bf16, 0x7fff); finite
/// values above the largest become infinity.
SELFSAME_HOST_DEVICE inline bf16 to_bf16(float v) {
#if defined(__CUDA_ARCH__)
  std::uint32_t pair;  // one instruction on sm_80 and newer; the first operand becomes the upper half
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(0.0f), "f"(v));
  return {static_cast<std::uint16_t>(pair)};
#else
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, v);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  }
  return {static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
#endif
}

/// Two values in one word, the first in the lower half: where it lies first in memory.
SELFSAME_HOST_DEVICE inline std::uint32_t to_bf16_pair(float first, float second) {
#if defined(__CUDA_ARCH__)
  std::uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
#else
  return std::uint32_t{to_bf16(first).bits} | std::uint32_t{to_bf16(second).bits} << 16;
#endif
}

}  // namespace selfsame
