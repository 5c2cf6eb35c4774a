// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

// Uniforms and the functions of Box-Muller, in float, for noise_simd.cpp and for noise_gpu.cu: the same bits
// on every processor and every GPU, which needs that no includer lets the compiler contract a product and a
// sum into a fused multiply-add. Free of the standard library's inline code. Private to this folder.

#if defined(SELFSAME_ISA)
#define SELFSAME_NORMALS SELFSAME_ISA
#elif defined(SELFSAME_GPU)
#define SELFSAME_NORMALS SELFSAME_GPU
#else
#define SELFSAME_NORMALS host
#endif

namespace selfsame::SELFSAME_NORMALS {

/// Uniform in (0, 1] from the top 24 bits, as uniform_from.
constexpr float uniform(std::uint32_t word) {
  return static_cast<float>(static_cast<std::int32_t>((word >> 8) + 1)) * (1.0f / 16777216.0f);
}

/// ln u for normal u in (0, 1]. u = 2^e * m with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh(s), s =
/// (m-1)/(m+1). Minimax polynomial in s^2 by a Remez exchange; relative error of the polynomial 8e-10.
constexpr float natural_log(float u) {
  const std::int32_t bits = __builtin_bit_cast(std::int32_t, u);
  const std::int32_t e = (bits - 0x3f3504f3) >> 23;
  const float m = __builtin_bit_cast(float, bits - e * (1 << 23));
  const float s = (m - 1.0f) / (m + 1.0f), w = s * s;
  const float tail = s * (w * (0.66666774f + w * (0.39977718f + w * 0.29868022f)));
  const float exponent = static_cast<float>(e);
  // ln 2 = 0.693145751953125 + 1.428606765e-6: the first part has 16 bits, its product with e is exact.
  return exponent * 0.693145751953125f + (2.0f * s + (tail + exponent * 1.428606765e-6f));
}

struct SineCosine {
  float sine, cosine;
};

/// For angles in [0, 2 pi]: the angle less k * pi/2, then minimax polynomials on [-pi/4, pi/4] by a Remez
/// exchange; relative error of the sine's 4e-9, absolute error of the cosine's 1e-10.
constexpr SineCosine sine_cosine(float angle) {
  const std::int32_t k = static_cast<std::int32_t>(angle * 0.636619772f + 0.5f);
  const float quarter = static_cast<float>(k);
  // pi/2 in three parts; the first two have few enough bits that their products with k <= 4 are exact.
  const float x =
      ((angle - quarter * 1.5703125f) - quarter * 4.838109016418457e-4f) - quarter * 1.58932547e-8f;
  const float z = x * x;
  const float s = x + x * (z * (-0.16666655f + z * (0.00833218f + z * -0.00019517f)));
  const float c = 1.0f + z * (-0.5f + z * (4.16666471e-2f + z * (-1.38873749e-3f + z * 2.44391214e-5f)));
  const bool odd = (k & 1) != 0;
  const float sine = odd ? c : s, cosine = odd ? s : c;
  return {(k & 2) != 0 ? -sine : sine, ((k + 1) & 2) != 0 ? -cosine : cosine};
}

}  // namespace selfsame::SELFSAME_NORMALS
