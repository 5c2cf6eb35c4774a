// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/legacy_random.hpp"

#include <algorithm>
#include <bit>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kWords = 624, kMiddle = 397;

/// The character at the front of `text` and its number of bytes; strict UTF-8, else the lone byte.
std::pair<std::uint32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const auto length = static_cast<std::size_t>(std::max(1, std::countl_one(lead)));
  if (lead < 0x80) {
    return {lead, 1};
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const std::pair<std::uint32_t, std::size_t> lone{0xDC00u + lead, 1};
  if (length < 2 || length > 4 || length > text.size()) {
    return lone;
  }
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return lone;
    }
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool valid = code >= kSmallest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return valid ? std::pair{code, length} : lone;
}

}  // namespace

LegacyRandom::LegacyRandom(std::uint32_t seed) {
  state_[0] = seed;
  for (std::uint32_t i = 1; i < kWords; ++i) {
    state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  }
}

LegacyRandom::LegacyRandom(std::span<const std::uint32_t> words) : LegacyRandom(19650218u) {
  SELFSAME_CHECK(!words.empty(), "a seed without words");
  std::size_t i = 1, j = 0;
  const auto advance = [&] {
    if (++i == kWords) {
      state_[0] = state_[kWords - 1];
      i = 1;
    }
  };
  const auto mixed = [&](std::uint32_t factor) {
    return state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * factor);
  };
  for (std::size_t k = std::max(kWords, words.size()); k > 0; --k) {
    state_[i] = mixed(1664525u) + words[j] + static_cast<std::uint32_t>(j);
    advance();
    j = (j + 1) % words.size();
  }
  for (std::size_t k = kWords - 1; k > 0; --k) {
    state_[i] = mixed(1566083941u) - static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000u;
}

void LegacyRandom::refill() {
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint32_t y = (state_[i] & 0x80000000u) | (state_[(i + 1) % kWords] & 0x7FFFFFFFu);
    state_[i] = state_[(i + kMiddle) % kWords] ^ (y >> 1) ^ ((y & 1u) != 0 ? 0x9908B0DFu : 0u);
  }
  next_ = 0;
}

std::uint32_t LegacyRandom::word() {
  if (next_ == kWords) {
    refill();
  }
  std::uint32_t y = state_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9D2C5680u;
  y ^= (y << 15) & 0xEFC60000u;
  return y ^ (y >> 18);
}

double LegacyRandom::uniform() {
  const double a = word() >> 5, b = word() >> 6;
  return (a * 67108864.0 + b) / 9007199254740992.0;
}

std::uint32_t LegacyRandom::below(std::uint32_t n) {
  SELFSAME_CHECK(n >= 1, "no integer is below 0");
  if (n == 1) {
    return 0;
  }
  const std::uint32_t mask = 0xFFFFFFFFu >> std::countl_zero(n - 1);
  while (true) {
    if (const std::uint32_t value = word() & mask; value < n) {
      return value;
    }
  }
}

std::vector<std::uint32_t> name_seed(std::string_view name) {
  if (name.empty()) {
    fail(ErrorKind::kUsage, "an empty file name is no seed of a mask");
  }
  std::vector<std::uint32_t> codes;
  while (!name.empty()) {
    const auto [code, bytes] = first_character(name);
    codes.push_back(code);
    name.remove_prefix(bytes);
  }
  return codes;
}

}  // namespace selfsame
