// SPDX-License-Identifier: Apache-2.0
#include "engine/report/interval_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/report/html.hpp"

namespace selfsame {
namespace {

constexpr double kTop = 8, kRight = 20, kBottom = 46;

struct Layout {
  double width, left, row;
  double label_x, label_y;  // of a row's label, the latter above its middle
  const char* anchor;
};
constexpr Layout kBeside{720, 290, 24, 280, -5, "end"};
constexpr Layout kAbove{520, 20, 44, 20, 12, "start"};

}  // namespace

std::string interval_chart(const IntervalChartOptions& o, std::span<const IntervalRow> rows) {
  const Layout& layout = o.labels_above ? kAbove : kBeside;
  const double width = layout.width, left = layout.left;
  const bool log = o.scale == AxisScale::kLog10;
  const double low = log ? std::log10(o.from) : o.from, high = log ? std::log10(o.to) : o.to;
  const auto at = [&](double value) {
    const double v = log ? (value > 0 ? std::log10(value) : low) : value;
    return left +
           (std::clamp(std::isnan(v) ? low : v, low, high) - low) / (high - low) * (width - left - kRight);
  };
  const double bottom = kTop + layout.row * static_cast<double>(rows.size());
  std::string out = fmt::format("<svg viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-label=\"{}\">\n", width,
                                bottom + kBottom, html_escape(o.title));
  const auto to = std::back_inserter(out);
  for (const double tick : axis_ticks(o.from, o.to, o.scale, 6)) {
    fmt::format_to(to,
                   "<path class=\"grid\" d=\"M{0:.1f} {1:g}V{2:.1f}\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" "
                   "text-anchor=\"middle\">{4}</text>\n",
                   at(tick), kTop, bottom, bottom + 18, tick_text(tick));
  }
  if (o.line > o.from && o.line < o.to) {
    fmt::format_to(to, "<path class=\"axis\" stroke-dasharray=\"5 4\" d=\"M{:.1f} {:g}V{:.1f}\"/>\n",
                   at(o.line), kTop, bottom);
  }
  fmt::format_to(to, "<path class=\"axis\" d=\"M{:g} {:.1f}H{:g}\"/>\n", left, bottom, width - kRight);
  double y = kTop + layout.row / 2 + (o.labels_above ? 8 : 0);
  for (const IntervalRow& row : rows) {
    fmt::format_to(to, "<text x=\"{:g}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", layout.label_x,
                   y - layout.label_y, layout.anchor, html_escape(row.label));
    if (o.bars) {
      fmt::format_to(to,
                     "<path class=\"s{}\" stroke-width=\"10\" opacity=\".35\" d=\"M{:g} {:.1f}H{:.1f}\"/>\n",
                     row.colour, left, y, at(row.value));
    }
    fmt::format_to(to,
                   "<path class=\"s{0}\" stroke-width=\"2\" d=\"M{1:.1f} {2:.1f}H{3:.1f}\"/>"
                   "<circle class=\"s{0}\" cx=\"{4:.1f}\" cy=\"{2:.1f}\" r=\"4\" stroke-width=\"2\" "
                   "fill=\"none\"/>\n",
                   row.colour, at(row.low), y, at(row.high), at(row.value));
    y += layout.row;
  }
  fmt::format_to(to, "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n</svg>\n",
                 (left + width - kRight) / 2, bottom + 38, html_escape(o.x_label));
  return out;
}

}  // namespace selfsame
