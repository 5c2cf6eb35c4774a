// SPDX-License-Identifier: Apache-2.0
#include "engine/report/short_text.hpp"

#include <algorithm>

namespace selfsame {
namespace {

/// Bytes 10xxxxxx continue a character of UTF-8.
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }

}  // namespace

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string shortened(std::string_view text, std::size_t most) {
  if (characters_of(text) <= most) {
    return std::string(text);
  }
  constexpr std::string_view kDots = "...";
  std::size_t kept = 0, end = 0;
  while (end < text.size() && (!begins_character(text[end]) || kept < most - kDots.size())) {
    kept += begins_character(text[end]) ? 1 : 0;
    ++end;
  }
  return std::string(text.substr(0, end)) + std::string(kDots);
}

}  // namespace selfsame
