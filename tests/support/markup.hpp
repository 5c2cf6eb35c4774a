// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// Checks that HTML or SVG text is well formed: every element closed in order, attributes quoted, entities
/// known, no stray '<' or '&'. Returns the first fault with its surroundings, or an empty text.
inline std::string markup_fault(std::string_view text) {
  const auto fault = [&](const char* what, std::size_t at) {
    return std::string(what) + " at: " + std::string(text.substr(at, 60));
  };
  constexpr std::array<std::string_view, 3> kVoid{"meta", "img", "!DOCTYPE"};
  constexpr std::array<std::string_view, 5> kEntities{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::vector<std::string> open;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '&') {
      bool known = false;
      for (const std::string_view entity : kEntities) {
        known = known || text.substr(i).starts_with(entity);
      }
      if (!known) {
        return fault("bare ampersand", i);
      }
    }
    if (text[i] != '<') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    bool in_quotes = false;
    for (++i; i < text.size() && (in_quotes || text[i] != '>'); ++i) {
      in_quotes = in_quotes != (text[i] == '"');
      if (text[i] == '<') {
        return fault("'<' inside a tag", begin);
      }
    }
    if (i == text.size()) {
      return fault("tag without end", begin);
    }
    const std::string_view tag = text.substr(begin + 1, i - begin - 1);
    ++i;
    const bool closing = tag.starts_with('/');
    const std::string name(tag.substr(closing ? 1 : 0, tag.find_first_of(" /", 1) - (closing ? 1 : 0)));
    if (closing) {
      const std::string closed(tag.substr(1));
      if (open.empty() || open.back() != closed) {
        return fault("unexpected end tag", begin);
      }
      open.pop_back();
      continue;
    }
    bool is_void = tag.ends_with('/');
    for (const std::string_view v : kVoid) {
      is_void = is_void || name == v;
    }
    if (!is_void) {
      open.push_back(name);
    }
    if (name == "style") {
      i = text.find("</style>", i);
      if (i == std::string_view::npos) {
        return fault("style without end", begin);
      }
    }
  }
  return open.empty() ? "" : "element never closed: " + open.back();
}

}  // namespace selfsame
