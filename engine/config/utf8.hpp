// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace selfsame {

/// The length of the UTF-8 character at the start of `text` (RFC 3629: no surrogates, no overlong forms), 0
/// if invalid.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// How many bytes at the start of `text` are valid UTF-8.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);

/// Appends the character with number `code`, below 0x110000.
void append_utf8(std::string& out, unsigned code);

}  // namespace selfsame
