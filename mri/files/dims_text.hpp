// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace selfsame {

/// "2, 3, 4" for messages and headers.
[[nodiscard]] inline std::string dims_text(std::span<const std::int64_t> dims, const char* between = ", ") {
  std::string text;
  for (const std::int64_t d : dims) {
    text.append(text.empty() ? "" : between).append(std::to_string(d));
  }
  return text;
}

}  // namespace selfsame
