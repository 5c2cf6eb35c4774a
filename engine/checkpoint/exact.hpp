// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace selfsame {

/// A double as text that reads back as the same value: hexadecimal ("0x1.8p+1", which Python's float.fromhex
/// reads), "inf", "-inf" or "nan". The bits of a NaN are not kept.
[[nodiscard]] std::string to_exact(double value);

/// Inverse of to_exact.
/// Errors: Error(kData) that quotes the text when any part of it is not such a number.
[[nodiscard]] double from_exact(std::string_view text);

/// A decimal integer, the whole text. Errors: as from_exact, also when it does not fit.
[[nodiscard]] std::int64_t integer_from(std::string_view text);

}  // namespace selfsame
