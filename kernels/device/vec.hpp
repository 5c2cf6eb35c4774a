// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/bf16.hpp"

#if defined(SELFSAME_ISA_avx512) || defined(SELFSAME_ISA_avx2)
#include <immintrin.h>
#endif

// One register of floats for *_simd.cpp files: 16, 8 or 4 of them, with the operators of the compiler's
// vector types. Explicit, because a loop whose output may be its input is not vectorised reliably. Memory
// holds floats or bf16; arithmetic is in float.

namespace selfsame::SELFSAME_ISA {

#if defined(SELFSAME_ISA_avx512)
constexpr int kWidth = 16;
#elif defined(SELFSAME_ISA_avx2)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif

using Vec = float __attribute__((vector_size(kWidth * sizeof(float))));
using UnalignedVec = float __attribute__((vector_size(kWidth * sizeof(float)), aligned(4), may_alias));
using VecBits = std::uint32_t __attribute__((vector_size(kWidth * sizeof(float))));
using VecHalves = std::uint16_t __attribute__((vector_size(kWidth * sizeof(bf16))));
using UnalignedHalves =
    std::uint16_t __attribute__((vector_size(kWidth * sizeof(bf16)), aligned(2), may_alias));

inline Vec load(const float* from) { return *reinterpret_cast<const UnalignedVec*>(from); }
inline void store(float* to, Vec v) { *reinterpret_cast<UnalignedVec*>(to) = v; }

inline Vec load(const bf16* from) {
  // The intrinsics, because gcc 12 makes five instructions of the conversion where one will do; masked,
  // because it takes the unmasked ones to read something uninitialised.
#if defined(SELFSAME_ISA_avx512)
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return reinterpret_cast<Vec>(reinterpret_cast<VecBits>(_mm512_maskz_cvtepu16_epi32(0xffff, halves)) << 16);
#elif defined(SELFSAME_ISA_avx2)
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<Vec>(reinterpret_cast<VecBits>(_mm256_cvtepu16_epi32(halves)) << 16);
#else
  const VecHalves halves = *reinterpret_cast<const UnalignedHalves*>(from);
  return reinterpret_cast<Vec>(__builtin_convertvector(halves, VecBits) << 16);
#endif
}

/// Rounds as to_bf16 does: to nearest, ties to even; a NaN stays one.
inline void store(bf16* to, Vec v) {
  const VecBits bits = reinterpret_cast<VecBits>(v);
  const VecBits nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  const VecBits rounded = (v != v ? (bits | 0x400000u) : nearest) >> 16;
#if defined(SELFSAME_ISA_avx512)
  const __m256i halves = _mm512_maskz_cvtepi32_epi16(0xffff, reinterpret_cast<__m512i>(rounded));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), halves);
#else
  *reinterpret_cast<UnalignedHalves*>(to) = __builtin_convertvector(rounded, VecHalves);
#endif
}

/// One element, for the end of a loop. Not those of bf16.hpp: see isa.hpp for why this file has its own.
inline float load_one(const float* from) { return *from; }
inline float load_one(const bf16* from) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(from->bits) << 16);
}
inline void store_one(float* to, float v) { *to = v; }
inline void store_one(bf16* to, float v) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, v);
  const std::uint32_t nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  to->bits = static_cast<std::uint16_t>((v != v ? (bits | 0x400000u) : nearest) >> 16);
}

}  // namespace selfsame::SELFSAME_ISA
