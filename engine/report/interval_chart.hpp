// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "engine/report/svg_plot.hpp"

namespace selfsame {

/// One line of the chart: a value with its interval.
struct IntervalRow {
  std::string label;
  double low = 0, value = 0, high = 0;  ///< what cannot be drawn on the axis ends at its edge
  int colour = 0;                       ///< 0 to 7
};

struct IntervalChartOptions {
  std::string title;    ///< for screen readers
  std::string x_label;  ///< below the axis
  AxisScale scale = AxisScale::kLog10;
  double from = 1e-4, to = 1;  ///< the axis
  double line = 0;             ///< a dashed vertical line at this value, if it lies on the axis
  bool bars = false;           ///< a bar from the axis to the value besides
  /// Labels stand above the intervals, not beside them: for long ones, and legible on a narrow screen.
  bool labels_above = false;
};

/// An inline SVG element, one row for every value: horizontal intervals with a dot, in the classes of
/// html_page.
[[nodiscard]] std::string interval_chart(const IntervalChartOptions& options,
                                         std::span<const IntervalRow> rows);

}  // namespace selfsame
