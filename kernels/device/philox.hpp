// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

namespace selfsame {

/// What a random number is for. Part of the key, so that streams never overlap. Values are stable: stored
/// runs depend on them.
enum class RandomPurpose : std::uint32_t {
  kInitialWeights = 1,
  kShuffle = 2,
  kSubset = 3,
  kCrop = 4,
  kAugment = 5,
  kInputNoise = 6,
  kTargetNoise = 7,
  kValidationNoise = 8,
  kTestNoise = 9,
  kGenerator = 10,
  kObjective = 11,
  kMask = 12,   ///< which frequencies are sampled
  kSplit = 13,  ///< which of them the network sees
  kVerify = 14,  ///< which examples a verification draws
  kCoilMaps = 20,
  kPhase = 21,
  kKSpaceNoise = 22,
  kPhantom = 23,
  kSketch = 30,     ///< random projections of gradients
  kDirection = 31,  ///< random directions in the space of gradients
  kTest = 100,
};

/// Philox4x32-10: a function from (key, counter) to four 32-bit words. No state, hence the same numbers for
/// any number of threads, lanes, batches and devices.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the
/// known-answer vectors of Random123 are a test.
struct Philox {
  using Counter = std::array<std::uint32_t, 4>;
  using Key = std::array<std::uint32_t, 2>;

  static constexpr Counter generate(Counter c, Key k) {
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0], p1 = std::uint64_t{0xCD9E8D57u} * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
      k[0] += 0x9E3779B9u;
      k[1] += 0xBB67AE85u;
    }
    return c;
  }
};

/// Uniform in (0, 1], 24 bits: (top 24 bits + 1) / 2^24. Exact in float, never 0, so its logarithm is finite.
[[nodiscard]] constexpr float uniform_from(std::uint32_t word) {
  return static_cast<float>((word >> 8) + 1) * (1.0f / 16777216.0f);
}

/// Two independent standard normals from two words (Box, Muller 1958): r = sqrt(-2 ln u), (r cos 2 pi v, r
/// sin 2 pi v).
struct NormalPair {
  float first, second;
};
[[nodiscard]] inline NormalPair normals_from(std::uint32_t a, std::uint32_t b) {
  const float r = std::sqrt(-2.0f * std::log(uniform_from(a)));
  const float angle = 6.2831853071795865f * uniform_from(b);
  return {r * std::cos(angle), r * std::sin(angle)};
}

/// A stream of numbers addressed by (seed, purpose; a, b) and an element index. The key is (seed low word,
/// seed high word xor purpose); the counter is (element / 4 low, element / 4 high, a, b). By convention a =
/// epoch (0 when frozen) and b = example.
class RandomStream {
 public:
  constexpr RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint32_t a, std::uint32_t b)
      : key_{static_cast<std::uint32_t>(seed),
             static_cast<std::uint32_t>(seed >> 32) ^ (static_cast<std::uint32_t>(purpose) * 0x9E3779B9u)},
        a_(a),
        b_(b) {}

  /// What addresses the stream, for code that makes many words at once.
  [[nodiscard]] constexpr Philox::Key key() const { return key_; }
  [[nodiscard]] constexpr std::uint32_t a() const { return a_; }
  [[nodiscard]] constexpr std::uint32_t b() const { return b_; }
  /// The four words of elements 4*group ... 4*group + 3.
  [[nodiscard]] constexpr Philox::Counter words(std::uint64_t group) const {
    return Philox::generate(
        {static_cast<std::uint32_t>(group), static_cast<std::uint32_t>(group >> 32), a_, b_}, key_);
  }
  [[nodiscard]] constexpr std::uint32_t word(std::uint64_t element) const {
    return words(element / 4)[element % 4];
  }
  [[nodiscard]] constexpr float uniform(std::uint64_t element) const { return uniform_from(word(element)); }
  /// Standard normal: elements (4g, 4g+1) come from words (0, 1), elements (4g+2, 4g+3) from words (2, 3).
  [[nodiscard]] float normal(std::uint64_t element) const {
    const Philox::Counter w = words(element / 4);
    const NormalPair pair = element % 4 < 2 ? normals_from(w[0], w[1]) : normals_from(w[2], w[3]);
    return element % 2 == 0 ? pair.first : pair.second;
  }
  /// Uniform integer in [0, n), n >= 1, without modulo bias beyond 2^-64: the high half of a 64-bit product.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t element, std::uint64_t n) const {
    const std::uint64_t w = (std::uint64_t{word(2 * element)} << 32) | word(2 * element + 1);
    __extension__ using Product = unsigned __int128;
    return static_cast<std::uint64_t>((Product{w} * n) >> 64);
  }

 private:
  Philox::Key key_;
  std::uint32_t a_, b_;
};

}  // namespace selfsame
