// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// The number of single edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
/// Source: optimal string alignment distance, Damerau 1964.
[[nodiscard]] int edit_distance(std::string_view a, std::string_view b);

/// The names nearest to a mistyped one; all of them if several are equally near. Letter case and '-' for '_'
/// do not count. Empty if the nearest differs in more than a third of its letters, but one edit is always
/// near enough for names of two letters and more.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view typed,
                                                     const std::vector<std::string>& names);

/// `did you mean "a"?`, `did you mean "a" or "b"?`, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names);

}  // namespace selfsame
