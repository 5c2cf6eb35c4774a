// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

namespace selfsame {

enum class AxisScale { kLinear, kLog10 };
enum class PlotMark { kCircle, kUp, kDown };  ///< triangles: the truth lies above or below

/// One curve. Points with a NaN or infinite coordinate, or one that is not positive on a logarithmic axis,
/// break it.
struct PlotSeries {
  std::string name;          ///< legend entry; empty: not in the legend
  std::vector<double> x, y;  ///< equally long, x ascending
  int colour = 0;            ///< 0 to 7
  bool faint = false;        ///< thin and pale: raw values behind a smoothed curve
  bool dashed = false;
  bool markers = false;  ///< a mark at every point
  PlotMark mark = PlotMark::kCircle;
  bool line = true;  ///< false: marks alone
  /// An interval for every x, drawn as a pale band behind all curves, as a bar where a point has no
  /// neighbours. Empty: none. NaN breaks the band; what lies beyond the axis ends at its edge.
  std::vector<double> low = {}, high = {};
};

struct PlotOptions {
  std::string title;    ///< for screen readers
  std::string x_label;  ///< below the axis
  std::string y_label;  ///< above the axis
  AxisScale x_scale = AxisScale::kLinear;
  AxisScale y_scale = AxisScale::kLinear;
  std::vector<double> y_shown = {};  ///< values that the y axis reaches, so that plots can share their range
};

/// An inline SVG element of 520 x 320 units that scales with the page; colours and fonts come from the
/// classes of html_page. Long curves are thinned to at most 2 points (lowest and highest) per column of the
/// plot.
[[nodiscard]] std::string svg_plot(const PlotOptions& options, std::span<const PlotSeries> series);

/// Round values within [low, high], low < high: multiples of 1, 2 or 5 times a power of ten (linear), or
/// powers of ten, with 2 and 5 times them when there are fewer than three (logarithmic). About `wanted` of
/// them.
[[nodiscard]] std::vector<double> axis_ticks(double low, double high, AxisScale scale, int wanted);

/// "50,000", "0.02", "1e-05".
[[nodiscard]] std::string tick_text(double value);

}  // namespace selfsame
