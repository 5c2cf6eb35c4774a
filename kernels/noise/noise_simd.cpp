// SPDX-License-Identifier: Apache-2.0
// Normals of kernels/noise/noise.hpp: Philox and Box-Muller on arrays of groups, in loops that the compiler
// turns into vector code. Logarithm, sine and cosine are polynomials.
#include "kernels/noise/noise_versions.hpp"

// Frozen noise must have the same bits on every machine: no fused multiply-add here, whatever the set offers.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kGroups = 64;  // the arrays of a block, 2 KiB, stay in the first-level cache

/// Uniform in (0, 1] from the top 24 bits, as uniform_from.
inline float uniform(std::uint32_t word) {
  return static_cast<float>(static_cast<std::int32_t>((word >> 8) + 1)) * (1.0f / 16777216.0f);
}

/// ln u for normal u in (0, 1]. u = 2^e * m with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh(s), s =
/// (m-1)/(m+1). Minimax polynomial in s^2 by a Remez exchange; relative error of the polynomial 8e-10.
inline float natural_log(float u) {
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
inline SineCosine sine_cosine(float angle) {
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

struct Words {
  alignas(64) std::uint32_t word[4][kGroups];
};

void generate(Words& words, std::uint64_t first_group, int groups, const PhiloxStreamKey& key) {
  for (int i = 0; i < groups; ++i) {
    const std::uint64_t group = first_group + static_cast<std::uint64_t>(i);
    std::uint32_t c0 = static_cast<std::uint32_t>(group), c1 = static_cast<std::uint32_t>(group >> 32);
    std::uint32_t c2 = key.a, c3 = key.b, k0 = key.key0, k1 = key.key1;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0, p1 = std::uint64_t{0xCD9E8D57u} * c2;
      const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
      const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
      c1 = static_cast<std::uint32_t>(p1);
      c3 = static_cast<std::uint32_t>(p0);
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words.word[0][i] = c0;
    words.word[1][i] = c1;
    words.word[2][i] = c2;
    words.word[3][i] = c3;
  }
}

/// out[4*i] and out[4*i + 1] for every group i.
void box_muller(float* __restrict__ out, const std::uint32_t* __restrict__ a,
                const std::uint32_t* __restrict__ b, int groups) {
  for (int i = 0; i < groups; ++i) {
    const float r = __builtin_sqrtf(-2.0f * natural_log(uniform(a[i])));
    const SineCosine on_circle = sine_cosine(6.2831853071795865f * uniform(b[i]));
    out[4 * i] = r * on_circle.cosine;
    out[4 * i + 1] = r * on_circle.sine;
  }
}

void normals(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key) {
  Words words;
  for (std::int64_t done = 0; done < groups; done += kGroups) {
    const int count = groups - done < kGroups ? static_cast<int>(groups - done) : kGroups;
    generate(words, first_group + static_cast<std::uint64_t>(done), count, key);
    box_muller(out + 4 * done, words.word[0], words.word[1], count);
    box_muller(out + 4 * done + 2, words.word[2], words.word[3], count);
  }
}

}  // namespace

const NormalTable& normal_table() {
  static constexpr NormalTable kTable{normals};
  return kTable;
}

}  // namespace selfsame::SELFSAME_ISA
