// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "engine/config/diagnostics.hpp"
#include "engine/config/json_value.hpp"

namespace selfsame {

enum class JsonComments { kAllowed, kRefused };

/// What is read, and bounds on it; each bound is answered with an error at the place where it is passed.
struct JsonOptions {
  JsonComments comments = JsonComments::kAllowed;
  std::size_t begin = 0;                  ///< first byte
  std::string pointer;                    ///< JSON pointer of the value, for messages
  std::size_t bytes = 16U << 20U;         ///< of the whole text
  std::size_t string_bytes = 64U << 10U;  ///< of one string
  int depth = 64;                         ///< nested arrays and objects
  std::size_t values = 100'000;           ///< of the whole text: bounds memory to about 20 MB
};

/// Reads source number `source` to its end as one JSON value (RFC 8259) with // and /* */ comments.
///
/// Errors go to `diagnostics`. Trailing commas, NaN and Infinity, numbers outside the range of a double,
/// duplicate keys and invalid UTF-8 are reported, and reading goes on; the first of equal keys counts, and a
/// value that cannot be used becomes kInvalid. After any other mistake the rest of the text is not read and
/// the result is kInvalid.
[[nodiscard]] JsonValue parse_json(Diagnostics& diagnostics, int source, const JsonOptions& options = {});

}  // namespace selfsame
