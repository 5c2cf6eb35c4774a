// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

namespace selfsame {

/// The values as one line of block characters (UTF-8), lowest to highest, averaged over equal parts when
/// there are more than `width`. Values that are not finite leave a space.
[[nodiscard]] std::string sparkline(std::span<const double> values, int width);

/// A curve of the values over their index as lines of plain ASCII, `width` columns and `height` rows of '*'
/// inside a frame with the highest and lowest value at the left. Empty if no value is finite.
[[nodiscard]] std::string ascii_curve(std::span<const double> values, int width, int height);

}  // namespace selfsame
