// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <string>
#include <vector>

#include "engine/config/config_document.hpp"
#include "engine/config/config_reader.hpp"
#include "engine/config/config_tables.hpp"
#include "engine/config/train_config.hpp"
#include "kernels/base/error.hpp"

namespace selfsame::testing {

inline const std::string kOk = R"("data": {"train": {"type": "dead_leaves"}}, "noise": {"type": "gaussian"})";

/// A text with its '@' marks taken out, and "LINE:COL" of each.
struct Marked {
  std::string text;
  std::vector<std::string> places;
};

inline Marked unmark(const std::string& text) {
  Marked out;
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text) {
    if (c == '@') {
      out.places.push_back(fmt::format("{}:{}", line, column));
      continue;
    }
    out.text += c;
    line += c == '\n' ? 1 : 0;
    column = c == '\n' ? 1 : column + ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1);
  }
  return out;
}

/// The mistakes of a training configuration, as "LINE:COL: /pointer: message", or the exit code if it is
/// not 2.
inline std::vector<std::string> mistakes(const std::string& text) {
  std::vector<std::string> lines;
  try {
    (void)parse_train_config(text, "config");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) {
      return {fmt::format("exit code {}", error.exit_code())};
    }
    const std::string what = error.what();
    for (std::size_t at = 0; at < what.size();) {
      const std::size_t end = std::min(what.find('\n', at), what.size());
      if (what.compare(at, 7, "config:") == 0) {
        lines.push_back(what.substr(at + 7, end - at - 7));
      }
      at = end + 1;
    }
  }
  return lines;
}

}  // namespace selfsame::testing
