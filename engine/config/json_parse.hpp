// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "engine/config/diagnostics.hpp"
#include "engine/config/json_value.hpp"

namespace selfsame {

/// Bounds on what is read; each is answered with an error at the place where it is passed.
struct JsonLimits {
  std::size_t bytes = 16U << 20U;  ///< of the whole text
  int depth = 64;                  ///< nested arrays and objects
  std::size_t values = 100'000;    ///< of the whole text: bounds memory to about 20 MB
};

enum class JsonComments { kAllowed, kRefused };

/// Reads source number `source`, from byte `begin` to its end, as one JSON value (RFC 8259) with // and /* */
/// comments.
///
/// Errors go to `diagnostics`. Trailing commas, NaN and Infinity, numbers outside the range of a double,
/// duplicate keys and invalid UTF-8 are reported, and reading goes on; the first of equal keys counts, and a
/// value that cannot be used becomes kInvalid. After any other mistake the rest of the text is not read and
/// the result is kInvalid.
[[nodiscard]] JsonValue parse_json(Diagnostics& diagnostics, int source,
                                   JsonComments comments = JsonComments::kAllowed, std::size_t begin = 0,
                                   const JsonLimits& limits = {});

/// The length of the UTF-8 character at the start of `text` (RFC 3629: no surrogates, no overlong forms), 0
/// if invalid.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// How many bytes at the start of `text` are valid UTF-8.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);

}  // namespace selfsame
