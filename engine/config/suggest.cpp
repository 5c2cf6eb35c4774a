// SPDX-License-Identifier: Apache-2.0
#include "engine/config/suggest.hpp"

#include <algorithm>
#include <limits>

namespace selfsame {
namespace {

constexpr std::size_t kLongestTyped = 64;  // bounds the time spent on absurd keys

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    c = c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<int> before(width), last(width), row(width);
  for (std::size_t j = 0; j < width; ++j) {
    last[j] = static_cast<int>(j);
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j < width; ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string>& names) {
  std::vector<std::string> nearest;
  if (typed.size() > kLongestTyped) {
    return nearest;
  }
  const std::string wanted = folded(typed);
  int best = std::numeric_limits<int>::max();
  for (const std::string& name : names) {
    const int distance = edit_distance(wanted, folded(name));
    const int allowed = name.size() < 2 ? 0 : std::max(1, static_cast<int>(name.size() + 1) / 3);
    if (distance > allowed || distance > best) {
      continue;
    }
    if (distance < best) {
      nearest.clear();
      best = distance;
    }
    nearest.push_back(name);
  }
  return nearest;
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  const std::vector<std::string> nearest = nearest_names(typed, names);
  std::string out;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    out += i == 0 ? "did you mean \"" : i + 1 == nearest.size() ? " or \"" : ", \"";
    out += nearest[i] + '"';
  }
  return out.empty() ? out : out + "?";
}

}  // namespace selfsame
