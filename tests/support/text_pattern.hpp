// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace selfsame {

/// True if the text has the form of the pattern: '#' stands for a decimal digit, '%' for a lower-case
/// hexadecimal one, everything else for itself.
inline bool has_form(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool decimal = text[i] >= '0' && text[i] <= '9';
    const bool hexadecimal = decimal || (text[i] >= 'a' && text[i] <= 'f');
    if (!(pattern[i] == '#' ? decimal : pattern[i] == '%' ? hexadecimal : text[i] == pattern[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace selfsame
