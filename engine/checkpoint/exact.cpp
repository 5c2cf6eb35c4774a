// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/exact.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"

namespace selfsame {

std::string to_exact(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  return fmt::format("{:a}", value);
}

double from_exact(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  double value = 0;
  if (digits == "nan") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (digits == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else {
    const char* end = digits.data() + digits.size();
    const bool prefixed = digits.starts_with("0x") && digits.size() > 2 && digits[2] != '-';
    const auto result = prefixed ? std::from_chars(digits.data() + 2, end, value, std::chars_format::hex)
                                 : std::from_chars_result{digits.data(), std::errc::invalid_argument};
    if (result.ec != std::errc() || result.ptr != end) {
      fail(ErrorKind::kData, "'{}' is no exact number such as 0x1.8p+1", text);
    }
  }
  return negative ? -value : value;
}

std::int64_t integer_from(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    fail(ErrorKind::kData, "'{}' is no integer of 64 bits", text);
  }
  return value;
}

}  // namespace selfsame
