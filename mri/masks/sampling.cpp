// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace selfsame {

std::int64_t SamplingMask::count() const {
  return std::count_if(sampled.begin(), sampled.end(), [](std::uint8_t s) { return s != 0; });
}

std::string describe_frequencies(const SamplingLaw& law, std::span<const std::int64_t> which,
                                 std::string_view what) {
  constexpr std::size_t kNamed = 8;
  if (which.empty()) {
    return {};
  }
  std::string text =
      fmt::format("{} of {} {} {} {}: ", which.size(), law.size(), law.h == 1 ? "columns" : "frequencies",
                  which.size() == 1 ? "is" : "are", what);
  for (std::size_t i = 0; i < std::min(which.size(), kNamed); ++i) {
    text += i == 0 ? "" : ", ";
    text += law.h == 1 ? fmt::format("{}", which[i])
                       : fmt::format("({}, {})", which[i] / law.w, which[i] % law.w);
  }
  return text + (which.size() > kNamed ? ", ..." : "");
}

std::uint32_t mask_crc32(const SamplingMask& mask) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::uint8_t byte : mask.sampled) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
    }
  }
  return ~crc;
}

}  // namespace selfsame
