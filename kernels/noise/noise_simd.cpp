// SPDX-License-Identifier: Apache-2.0
// Normals of kernels/noise/noise.hpp: Philox and Box-Muller on arrays of groups, in loops that the compiler
// turns into vector code. Logarithm, sine and cosine are polynomials, shared with the GPU.
#include "kernels/device/philox_groups.hpp"
#include "kernels/noise/noise_versions.hpp"

// Frozen noise must have the same bits on every machine: no fused multiply-add here, whatever the set offers.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif
#include "kernels/noise/normal_polynomials.hpp"  // under the pragma

namespace selfsame::SELFSAME_ISA {
namespace {

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
  constexpr int kGroups = PhiloxGroups::kGroups;
  PhiloxGroups words;
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
