// SPDX-License-Identifier: Apache-2.0
#include "engine/report/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "engine/report/html.hpp"
#include "engine/report/short_text.hpp"

namespace selfsame {
namespace {

constexpr double kWidth = 520, kHeight = 320;
constexpr double kLeft = 66, kRight = 14, kBottom = 48, kLabelHeight = 24, kLegendRow = 20;
constexpr double kCharacter = 8.8;  // mean advance of the 16-unit font of narrow screens

double transform(double value, AxisScale scale) {
  return scale == AxisScale::kLog10 ? std::log10(value) : value;
}

/// Beyond 1e300 the arithmetic of the axes would overflow.
bool drawable(double value, AxisScale scale) {
  constexpr double kLargest = 1e300;
  return std::abs(value) <= kLargest && (scale == AxisScale::kLinear || value >= 1 / kLargest);
}

/// Maps values of one axis to units of the drawing.
struct Axis {
  AxisScale scale = AxisScale::kLinear;
  double low = std::numeric_limits<double>::infinity();    // transformed
  double high = -std::numeric_limits<double>::infinity();  // transformed
  double from = 0, to = 1;                                 // units

  void include(double value) {
    if (drawable(value, scale)) {
      low = std::min(low, transform(value, scale));
      high = std::max(high, transform(value, scale));
    }
  }
  /// Widens the range by a share of it on both sides; an empty or single-valued one gets a width.
  void pad(double share) {
    if (!(low <= high)) {
      low = scale == AxisScale::kLog10 ? -1 : 0;
      high = scale == AxisScale::kLog10 ? 0 : 1;
    }
    // Narrower than this, neighbouring ticks would be the same double.
    const double least =
        scale == AxisScale::kLog10 ? 0.1 : std::max(1e-9 * std::max(std::abs(low), std::abs(high)), 1e-290);
    const double extra = high - low > least           ? share * (high - low)
                         : scale == AxisScale::kLog10 ? 0.3
                                                      : flat_margin();
    low -= extra;
    high += extra;
  }
  /// Added to both ends of a linear axis whose values are (nearly) all equal.
  [[nodiscard]] double flat_margin() const { return std::max(std::abs(low) * 0.05, 1e-3); }
  [[nodiscard]] double at(double value) const {
    return from + (transform(value, scale) - low) / (high - low) * (to - from);
  }
  /// As at, but values beyond the axis, and those that a logarithmic one lacks, stand at its edge. Not for
  /// NaN.
  [[nodiscard]] double clamped(double value) const {
    const bool below = scale == AxisScale::kLog10 ? value < 1e-300 : value < -1e300;
    return below ? from : value > 1e300 ? to : std::clamp(at(value), std::min(from, to), std::max(from, to));
  }
  [[nodiscard]] std::vector<double> ticks(int wanted) const {
    const bool log = scale == AxisScale::kLog10;
    const auto value = [&](double v) { return log ? std::pow(10.0, std::clamp(v, -305.0, 305.0)) : v; };
    return axis_ticks(value(low), value(high), scale, wanted);
  }
};

struct Point {
  double x, y;
};

/// The unbroken pieces of a curve in units, thinned to the lowest and highest point of each column.
std::vector<std::vector<Point>> pieces_of(const PlotSeries& s, const Axis& x, const Axis& y) {
  std::vector<std::vector<Point>> pieces(1);
  const std::size_t count = std::min(s.x.size(), s.y.size());
  const bool thin = count > static_cast<std::size_t>(2 * kWidth);
  double column = -1;
  std::size_t in_column = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!drawable(s.x[i], x.scale) || !drawable(s.y[i], y.scale)) {
      if (!pieces.back().empty()) {
        pieces.emplace_back();
      }
      column = -1;
      continue;
    }
    const Point p{x.at(s.x[i]), y.at(s.y[i])};
    std::vector<Point>& piece = pieces.back();
    if (!thin || std::floor(p.x) != column) {
      column = std::floor(p.x);
      in_column = 1;
      piece.push_back(p);
    } else if (in_column == 1) {
      in_column = 2;
      piece.push_back(p);
      if (piece[piece.size() - 2].y > p.y) {
        std::swap(piece[piece.size() - 2].y, piece.back().y);
      }
    } else {
      piece[piece.size() - 2].y = std::min(piece[piece.size() - 2].y, p.y);
      piece.back().y = std::max(piece.back().y, p.y);
    }
  }
  return pieces;
}

/// How many leading points of a series have a band.
std::size_t band_size(const PlotSeries& s) { return std::min({s.x.size(), s.low.size(), s.high.size()}); }

void append_band(std::string& out, const PlotSeries& s, const Axis& x, const Axis& y) {
  const auto to = std::back_inserter(out);
  const auto has_interval = [&](std::size_t i) {
    return drawable(s.x[i], x.scale) && !std::isnan(s.low[i]) && !std::isnan(s.high[i]);
  };
  const std::size_t count = band_size(s);
  for (std::size_t begin = 0; begin < count; ++begin) {
    std::size_t end = begin;
    while (end < count && has_interval(end)) {
      ++end;
    }
    if (end == begin + 1) {
      fmt::format_to(to, "<path class=\"curve s{}\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>\n", s.colour,
                     x.at(s.x[begin]), y.clamped(s.low[begin]), y.clamped(s.high[begin]));
    } else if (end > begin) {
      fmt::format_to(to, "<polygon class=\"band f{}\" points=\"", s.colour);
      for (std::size_t i = begin; i < end; ++i) {
        fmt::format_to(to, "{:.1f},{:.1f} ", x.at(s.x[i]), y.clamped(s.high[i]));
      }
      for (std::size_t i = end; i-- > begin;) {
        fmt::format_to(to, "{:.1f},{:.1f} ", x.at(s.x[i]), y.clamped(s.low[i]));
      }
      out.back() = '"';
      out += "/>\n";
    }
    begin = end;
  }
}

void append_mark(std::string& out, const PlotSeries& s, double x, double y) {
  const auto to = std::back_inserter(out);
  if (s.mark == PlotMark::kCircle) {
    fmt::format_to(to, "<circle class=\"curve s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>\n", s.colour, x, y,
                   s.line ? "2.5" : "3.5");
  } else {
    const double tip = s.mark == PlotMark::kUp ? -5 : 5;
    fmt::format_to(to, "<path class=\"curve s{}\" d=\"M{:.1f} {:.1f}l4.5 {:g}h-9z\"/>\n", s.colour, x,
                   y + tip, -1.6 * tip);
  }
}

void append_curve(std::string& out, const PlotSeries& s, const Axis& x, const Axis& y) {
  const auto to = std::back_inserter(out);
  for (const std::vector<Point>& piece : pieces_of(s, x, y)) {
    if (piece.size() > 1 && s.line) {
      fmt::format_to(to, "<polyline class=\"curve s{}{}\"{} points=\"", s.colour, s.faint ? " faint" : "",
                     s.dashed ? " stroke-dasharray=\"7 4\"" : "");
      for (const Point& p : piece) {
        fmt::format_to(to, "{:.1f},{:.1f} ", p.x, p.y);
      }
      out.back() = '"';
      out += "/>\n";
    }
    if (s.markers || !s.line || piece.size() == 1) {
      for (const Point& p : piece) {
        append_mark(out, s, p.x, p.y);
      }
    }
  }
}

/// The legend's entries in rows, from the top; returns its height.
double append_legend(std::string& out, std::span<const PlotSeries> series) {
  double x = kLeft, row = 0;
  bool any = false;
  out += "<g class=\"legend\">\n";
  for (const PlotSeries& s : series) {
    if (s.name.empty()) {
      continue;
    }
    constexpr std::size_t kLongest = 50;
    const std::string name = shortened(s.name, kLongest);
    const double width = 34 + kCharacter * static_cast<double>(characters_of(name));
    if (any && x + width > kWidth) {
      x = kLeft;
      ++row;
    }
    const double y = 14 + row * kLegendRow;
    if (s.line) {
      fmt::format_to(
          std::back_inserter(out),
          "<line class=\"curve s{}{}\"{} x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.0f}\" y2=\"{:.0f}\"/>", s.colour,
          s.faint ? " faint" : "", s.dashed ? " stroke-dasharray=\"7 4\"" : "", x, x + 20, y - 5, y - 5);
    } else {
      append_mark(out, s, x + 10, y - 5);
    }
    fmt::format_to(std::back_inserter(out), "<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", x + 25, y,
                   html_escape(name));
    x += width;
    any = true;
  }
  out += "</g>\n";
  return any ? (row + 1) * kLegendRow : 0;
}

void append_axes(std::string& out, const PlotOptions& options, const Axis& x, const Axis& y) {
  const auto to = std::back_inserter(out);
  for (const double tick : y.ticks(5)) {
    const double at = y.at(tick);
    fmt::format_to(to,
                   "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
                   "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
                   x.from, x.to, at, x.from - 6, at + 5, tick_text(tick));
  }
  for (const double tick : x.ticks(5)) {
    const double at = x.at(tick);
    // A label at the right end would be cut off in the middle.
    const char* anchor = at > x.to - 20 ? "end" : "middle";
    fmt::format_to(to,
                   "<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
                   "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"{5}\">{6}</text>\n",
                   at, y.from, y.from + 5, at > x.to - 20 ? kWidth - 2 : at, y.from + 20, anchor,
                   tick_text(tick));
  }
  fmt::format_to(to, "<path class=\"axis\" d=\"M{:.1f} {:.1f}V{:.1f}H{:.1f}\"/>\n", x.from, y.to, y.from,
                 x.to);
  fmt::format_to(to, "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                 (x.from + x.to) / 2, kHeight - 6, html_escape(options.x_label));
  fmt::format_to(to, "<text x=\"4\" y=\"{:.1f}\">{}</text>\n", y.to - 9, html_escape(options.y_label));
}

}  // namespace

std::vector<double> axis_ticks(double low, double high, AxisScale scale, int wanted) {
  std::vector<double> ticks;
  if (scale == AxisScale::kLog10) {
    const auto first = static_cast<int>(std::floor(std::log10(low)));
    const auto last = static_cast<int>(std::ceil(std::log10(high)));
    const int stride = std::max(1, (last - first) / std::max(wanted, 1));
    for (const bool fine : {false, true}) {
      ticks.clear();
      for (int e = first; e <= last; e += fine ? 1 : stride) {
        for (const double m : {1.0, 2.0, 5.0}) {
          const double tick = m * std::pow(10.0, e);
          if ((m == 1.0 || fine) && tick >= low && tick <= high) {
            ticks.push_back(tick);
          }
        }
      }
      if (ticks.size() >= 3) {
        return ticks;
      }
    }
    if (ticks.size() >= 2) {
      return ticks;
    }
    return axis_ticks(low, high, AxisScale::kLinear, wanted);
  }
  const double rough = (high - low) / std::max(wanted, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double mantissa = rough / power;
  const double step = power * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
  const double first = std::ceil(low / step - 1e-9);
  constexpr int kMost = 100;
  for (int i = 0; i < kMost && (first + i) * step <= high + 1e-9 * step; ++i) {
    ticks.push_back(first + i == 0 ? 0 : (first + i) * step);
  }
  return ticks;
}

std::string tick_text(double value) {
  const double magnitude = std::abs(value);
  if (magnitude >= 1000 && magnitude < 1e7 && value == std::floor(value)) {
    std::string text = fmt::format("{:.0f}", magnitude);
    for (std::size_t at = text.size(); at > 3; at -= 3) {
      text.insert(at - 3, 1, ',');
    }
    return value < 0 ? "-" + text : text;
  }
  return fmt::format("{:.4g}", value);
}

std::string svg_plot(const PlotOptions& options, std::span<const PlotSeries> series) {
  std::string legend;
  const double top = append_legend(legend, series) + kLabelHeight;
  Axis x{options.x_scale, Axis{}.low, Axis{}.high, kLeft, kWidth - kRight};
  Axis y{options.y_scale, Axis{}.low, Axis{}.high, kHeight - kBottom, top};
  for (const PlotSeries& s : series) {
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (drawable(s.x[i], x.scale) && drawable(s.y[i], y.scale)) {
        x.include(s.x[i]);
        y.include(s.y[i]);
      }
    }
    for (std::size_t i = 0; i < band_size(s); ++i) {
      if (drawable(s.x[i], x.scale)) {
        y.include(s.low[i]);
        y.include(s.high[i]);
      }
    }
  }
  for (const double value : options.y_shown) {
    y.include(value);
  }
  x.pad(0);
  y.pad(0.04);
  std::string out = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                                kHeight, html_escape(options.title));
  out += legend;
  append_axes(out, options, x, y);
  for (const PlotSeries& s : series) {
    append_band(out, s, x, y);
  }
  for (const PlotSeries& s : series) {
    append_curve(out, s, x, y);
  }
  return out + "</svg>\n";
}

}  // namespace selfsame
