// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace selfsame {

/// The number of characters (code points) of UTF-8 text; bytes that begin none are not counted.
[[nodiscard]] std::size_t characters_of(std::string_view text);

/// The text if it has at most `most` characters, else its beginning and "...", `most` characters in all (most
/// >= 3). Characters stay whole.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

}  // namespace selfsame
