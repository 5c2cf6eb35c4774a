// SPDX-License-Identifier: Apache-2.0
#include "engine/report/terminal_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace selfsame {
namespace {

/// At most `width` means over equal parts of the values; NaN where a part has no finite value.
std::vector<double> columns_of(std::span<const double> values, int width) {
  const std::size_t columns = std::min(values.size(), static_cast<std::size_t>(std::max(width, 0)));
  std::vector<double> means(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    double sum = 0;
    int count = 0;
    for (std::size_t i = c * values.size() / columns; i < (c + 1) * values.size() / columns; ++i) {
      if (std::isfinite(values[i])) {
        sum += values[i];
        ++count;
      }
    }
    means[c] = count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  }
  return means;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  explicit Range(const std::vector<double>& values) {
    for (const double v : values) {
      if (std::isfinite(v)) {
        low = std::min(low, v);
        high = std::max(high, v);
      }
    }
  }
  /// Level 0 to levels - 1; the middle if all values are equal.
  [[nodiscard]] int level(double value, int levels) const {
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    return std::clamp(static_cast<int>(share * levels), 0, levels - 1);
  }
};

}  // namespace

std::string sparkline(std::span<const double> values, int width) {
  const std::vector<double> columns = columns_of(values, width);
  const Range range(columns);
  std::string line;
  for (const double v : columns) {
    if (std::isfinite(v)) {
      line += "\xE2\x96";  // U+2581 to U+2588
      line += static_cast<char>(0x81 + range.level(v, 8));
    } else {
      line += ' ';
    }
  }
  return line;
}

std::string ascii_curve(std::span<const double> values, int width, int height) {
  const std::vector<double> columns = columns_of(values, width);
  const Range range(columns);
  if (!(range.low <= range.high) || height < 1) {
    return "";
  }
  std::string text;
  for (int row = height - 1; row >= 0; --row) {
    const bool labelled = row == height - 1 || row == 0;
    text += labelled ? fmt::format("{:>10.4g} |", row == 0 ? range.low : range.high)
                     : fmt::format("{:>10} |", "");
    for (const double v : columns) {
      text += std::isfinite(v) && range.level(v, height) == row ? '*' : ' ';
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text + fmt::format("{:>10} +{}\n", "", std::string(columns.size(), '-'));
}

}  // namespace selfsame
