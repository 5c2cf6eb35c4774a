// SPDX-License-Identifier: Apache-2.0
#include "engine/run/duration.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "kernels/base/error.hpp"

namespace selfsame {

double parse_duration(std::string_view text) {
  constexpr std::string_view kUnits = "dhms";
  constexpr double kSeconds[] = {86400, 3600, 60, 1};
  double total = 0;
  std::size_t next_unit = 0;
  bool valid = !text.empty();
  for (std::string_view rest = text; valid && !rest.empty();) {
    double number = 0;
    const char* end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, number, std::chars_format::fixed);
    const bool starts_with_digit = rest[0] >= '0' && rest[0] <= '9';
    valid = starts_with_digit && error == std::errc() && stop != end;
    if (valid) {
      const std::size_t unit = kUnits.find(*stop);
      valid = unit != std::string_view::npos && unit >= next_unit;
      if (valid) {
        total += number * kSeconds[unit];
        next_unit = unit + 1;
        rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
      }
    }
  }
  if (!valid || !(total > 0) || !std::isfinite(total)) {
    fail(ErrorKind::kUsage, "'{}' is no duration; expected one such as 90s, 20m or 11h50m", text);
  }
  return total;
}

std::string format_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e12) {
    return "--:--:--";
  }
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::string time = fmt::format("{:02}:{:02}:{:02}", whole / 3600 % 24, whole / 60 % 60, whole % 60);
  return whole >= 86400 ? fmt::format("{}d {}", whole / 86400, time) : time;
}

}  // namespace selfsame
