// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace selfsame {

/// numpy.random.RandomState, bit for bit: what fastMRI draws its masks with.
///
/// Source: Matsumoto, Nishimura, "Mersenne Twister", ACM TOMACS 1998, with the initialisation of 2002
/// (init_genrand, init_by_array); numpy's doubles are (a 2^26 + b) / 2^53 of the top 27 and 26 bits of two
/// words, its bounded integers are masked words, rejected while too large.
class LegacyRandom {
 public:
  explicit LegacyRandom(std::uint32_t seed);                    ///< RandomState(seed)
  explicit LegacyRandom(std::span<const std::uint32_t> words);  ///< RandomState(sequence), not empty

  [[nodiscard]] std::uint32_t word();
  [[nodiscard]] double uniform();  ///< [0, 1)
  /// randint(n): [0, n), n >= 1. No draw for n = 1.
  [[nodiscard]] std::uint32_t below(std::uint32_t n);

 private:
  void refill();
  std::array<std::uint32_t, 624> state_{};
  std::size_t next_ = 624;
};

/// The code point of every character, as Python's tuple(map(ord, name)): fastMRI's seed of a validation mask
/// is that of the file's name, its ending included. A byte that is not UTF-8 becomes 0xDC00 + byte, as Python
/// reads file names. Errors: Error(kUsage) for an empty name.
[[nodiscard]] std::vector<std::uint32_t> name_seed(std::string_view name);

}  // namespace selfsame
