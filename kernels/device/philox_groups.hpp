// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

// Philox on arrays of groups, in loops that the compiler turns into vector code, for *_simd.cpp files.
// Integers only: the same words on every instruction set.

namespace selfsame {

/// What addresses a RandomStream (kernels/device/philox.hpp): the Philox key and the upper two counter words.
struct PhiloxStreamKey {
  std::uint32_t key0, key1, a, b;
};

}  // namespace selfsame

#if defined(SELFSAME_ISA)
namespace selfsame::SELFSAME_ISA {

/// The words of groups that follow each other; word[r][i] is RandomStream::words(first + i)[r]. The arrays, 1
/// KiB, stay in the first-level cache.
struct PhiloxGroups {
  static constexpr int kGroups = 64;
  alignas(64) std::uint32_t word[4][kGroups];
};

inline void generate(PhiloxGroups& words, std::uint64_t first_group, int groups, const PhiloxStreamKey& key) {
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

}  // namespace selfsame::SELFSAME_ISA
#endif
