// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace selfsame {

/// Seconds of a duration such as "90s", "20m", "11h50m", "1d2h", "1.5h": one or more numbers, each with a
/// unit, from the largest unit to the smallest (d, h, m, s), each unit at most once. Errors: Error(kUsage)
/// that quotes the text, also for zero.
[[nodiscard]] double parse_duration(std::string_view text);

/// "01:12:30"; "2d 03:00:00" from one day on. Rounds to the nearest second; "--:--:--" if not finite or
/// negative.
[[nodiscard]] std::string format_duration(double seconds);

}  // namespace selfsame
