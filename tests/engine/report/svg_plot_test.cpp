// SPDX-License-Identifier: Apache-2.0
#include "engine/report/svg_plot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/files/json_text.hpp"
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

/// All points of all polylines of a drawing.
std::vector<std::vector<std::pair<double, double>>> polylines_of(const std::string& svg) {
  std::vector<std::vector<std::pair<double, double>>> lines;
  for (std::size_t at = svg.find("points=\""); at != std::string::npos; at = svg.find("points=\"", at + 1)) {
    const char* p = svg.c_str() + at + 8;
    lines.emplace_back();
    while (*p != '"') {
      char* end = nullptr;
      const double x = std::strtod(p, &end);
      const double y = std::strtod(end + 1, &end);
      lines.back().emplace_back(x, y);
      p = end;
      while (*p == ' ') {
        ++p;
      }
    }
  }
  return lines;
}

TEST(AxisTicks, AreRoundAndInside) {
  EXPECT_EQ(axis_ticks(0, 10, AxisScale::kLinear, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(axis_ticks(-1, 1, AxisScale::kLinear, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  EXPECT_EQ(axis_ticks(1, 1000, AxisScale::kLog10, 5), (std::vector<double>{1, 10, 100, 1000}));
  EXPECT_EQ(axis_ticks(1.5, 60, AxisScale::kLog10, 5), (std::vector<double>{2, 5, 10, 20, 50}));
  std::mt19937 random(3);
  std::uniform_real_distribution<double> exponent(-12, 12);
  for (int i = 0; i < 2000; ++i) {
    const double low = std::pow(10.0, exponent(random)), high = low + std::pow(10.0, exponent(random));
    for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog10}) {
      if (high <= low * (1 + 1e-9)) {
        continue;
      }
      const std::vector<double> ticks = axis_ticks(low, high, scale, 5);
      const double slack = 1e-6 * (high - low);
      ASSERT_LE(ticks.size(), 16u) << low << " " << high;
      ASSERT_GE(ticks.size(), 2u) << low << " " << high;
      for (const double t : ticks) {
        ASSERT_TRUE(t >= low - slack && t <= high + slack) << low << " " << t << " " << high;
      }
    }
  }
}

TEST(TickText, IsShort) {
  EXPECT_EQ(tick_text(50000), "50,000");
  EXPECT_EQ(tick_text(1234567), "1,234,567");
  EXPECT_EQ(tick_text(-1000), "-1,000");
  EXPECT_EQ(tick_text(0.02), "0.02");
  EXPECT_EQ(tick_text(1e-5), "1e-05");
  EXPECT_EQ(tick_text(999), "999");
  EXPECT_EQ(tick_text(0), "0");
}

TEST(SvgPlot, HigherValuesStandHigherAndLaterStepsToTheRight) {
  const PlotSeries series{"a", {1, 2, 3}, {0.1, 0.3, 0.2}};
  const std::string svg = svg_plot({"title", "step", "dB"}, std::span(&series, 1));
  EXPECT_EQ(markup_fault(svg), "");
  const auto lines = polylines_of(svg);
  ASSERT_EQ(lines.size(), 1u);
  ASSERT_EQ(lines[0].size(), 3u);
  EXPECT_LT(lines[0][0].first, lines[0][1].first);
  EXPECT_GT(lines[0][0].second, lines[0][1].second);
  EXPECT_NEAR(lines[0][1].first - lines[0][0].first, lines[0][2].first - lines[0][1].first, 0.11);
}

TEST(SvgPlot, ALogarithmicAxisSpacesDecadesEvenly) {
  const PlotSeries series{"a", {1, 2, 3, 4}, {1, 0.1, 0.01, 0}};
  const std::string svg =
      svg_plot({"t", "x", "y", AxisScale::kLinear, AxisScale::kLog10}, std::span(&series, 1));
  const auto lines = polylines_of(svg);
  ASSERT_EQ(lines.size(), 1u);
  ASSERT_EQ(lines[0].size(), 3u) << "zero has no place on a logarithmic axis";
  EXPECT_NEAR(lines[0][1].second - lines[0][0].second, lines[0][2].second - lines[0][1].second, 0.11);
}

TEST(SvgPlot, MissingValuesBreakTheCurve) {
  const PlotSeries series{"a", {1, 2, 3, 4, 5}, {1, 2, NAN, 4, 5}};
  const std::string svg = svg_plot({"t", "x", "y"}, std::span(&series, 1));
  EXPECT_EQ(polylines_of(svg).size(), 2u);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(SvgPlot, StaysInsideItsFrameForAnyValues) {
  const std::vector<std::vector<double>> values{{},
                                                {1},
                                                {0, 0, 0},
                                                {5, 5},
                                                {1e300, -1e300},
                                                {1e-300, 2e-300},
                                                {NAN, INFINITY, -INFINITY},
                                                {1e300, std::nextafter(1e300, 0)},
                                                {1.7e308, -1.7e308},
                                                {0, 5e-324},
                                                {1e300, 1e-300},
                                                {-3, -3}};
  for (const auto& y : values) {
    std::vector<double> x(y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<double>(i);
    }
    const PlotSeries series{"a", x, y, 0, false, true, true};
    for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog10}) {
      const std::string svg = svg_plot({"t", "x", "y", AxisScale::kLinear, scale}, std::span(&series, 1));
      EXPECT_EQ(markup_fault(svg), "");
      EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
      EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
      for (const auto& line : polylines_of(svg)) {
        for (const auto& [px, py] : line) {
          EXPECT_TRUE(px >= 0 && px <= 520 && py >= 0 && py <= 320) << px << " " << py;
        }
      }
    }
  }
}

TEST(SvgPlot, LongCurvesAreThinnedButKeepTheirExtremes) {
  PlotSeries series{"a", {}, {}};
  std::mt19937 random(4);
  for (int i = 0; i < 200000; ++i) {
    series.x.push_back(i);
    series.y.push_back(static_cast<double>(random() % 1000));
  }
  series.y[123456] = 5000;
  series.y[54321] = -5000;
  const std::string svg = svg_plot({"t", "x", "y"}, std::span(&series, 1));
  EXPECT_LT(svg.size(), 40000u);
  const auto lines = polylines_of(svg);
  ASSERT_EQ(lines.size(), 1u);
  const auto [top, bottom] = std::minmax_element(lines[0].begin(), lines[0].end(),
                                                 [](auto& a, auto& b) { return a.second < b.second; });
  PlotSeries whole{"a", {0, 123456, 199999}, {-5000, 5000, 0}};
  const auto reference = polylines_of(svg_plot({"t", "x", "y"}, std::span(&whole, 1)))[0];
  EXPECT_NEAR(top->second, reference[1].second, 0.11);
  EXPECT_NEAR(top->first, reference[1].first, 1.0);
  EXPECT_NEAR(bottom->second, reference[0].second, 0.11);
}

TEST(SvgPlot, LegendNamesAreEscaped) {
  const PlotSeries series[] = {{"<b>&", {0, 1}, {0, 1}}, {std::string(200, 'n'), {0, 1}, {1, 0}, 1}};
  const std::string svg = svg_plot({"a\"b", "<x>", "&y"}, series);
  EXPECT_EQ(markup_fault(svg), "");
  EXPECT_NE(svg.find("&lt;b&gt;&amp;"), std::string::npos);
}

TEST(SvgPlot, LegendNamesAreCutBetweenCharacters) {
  PlotSeries series{"", {0, 1}, {0, 1}};
  for (int i = 0; i < 60; ++i) {
    series.name += "σ";
  }
  EXPECT_TRUE(is_utf8(svg_plot({"t", "x", "y"}, std::span(&series, 1))));
}

TEST(SvgPlot, ABandRunsAlongHighAndBackAlongLow) {
  PlotSeries series{"a", {1, 2, 3}, {2, 3, 4}};
  series.low = {1, 2, 3};
  series.high = {3, 4, 5};
  const std::string svg = svg_plot({"t", "x", "y"}, std::span(&series, 1));
  EXPECT_EQ(markup_fault(svg), "");
  const auto lines = polylines_of(svg);
  ASSERT_EQ(lines.size(), 2u) << "the band, then the curve";
  EXPECT_LT(svg.find("<polygon class=\"band f0\""), svg.find("<polyline"));
  const auto &band = lines[0], &curve = lines[1];
  ASSERT_EQ(band.size(), 6u);
  ASSERT_EQ(curve.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &high = band[i], &low = band[5 - i];
    EXPECT_EQ(high.first, curve[i].first);
    EXPECT_EQ(low.first, curve[i].first);
    // One unit of y up and one down; coordinates are rounded to 0.1.
    EXPECT_LT(high.second, curve[i].second);
    EXPECT_NEAR(curve[i].second - high.second, low.second - curve[i].second, 0.11 * 2);
  }
}

TEST(SvgPlot, MissingIntervalsBreakTheBandAndALonePointHasABar) {
  PlotSeries series{"a", {1, 2, 3, 4}, {2, 3, 4, 5}};
  series.low = {1, 2, NAN, 4};
  series.high = {3, 4, 5, 6};
  const std::string svg = svg_plot({"t", "x", "y"}, std::span(&series, 1));
  EXPECT_EQ(markup_fault(svg), "");
  const auto lines = polylines_of(svg);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].size(), 4u);
  EXPECT_NE(svg.find("<path class=\"curve s0\" d=\"M"), std::string::npos);
}

TEST(SvgPlot, BandsStayInsideTheFrameForAnyValues) {
  const std::vector<double> ends{NAN, INFINITY, -INFINITY, 0, -1, 1e-308, 1e308, 1};
  PlotSeries series{"a", {}, {}, 0, false, false, true};
  for (const double low : ends) {
    for (const double high : ends) {
      series.x.push_back(static_cast<double>(series.x.size() + 1));
      series.y.push_back(1);
      series.low.push_back(low);
      series.high.push_back(high);
    }
  }
  for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog10}) {
    const std::string svg = svg_plot({"t", "x", "y", scale, scale}, std::span(&series, 1));
    EXPECT_EQ(markup_fault(svg), "");
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
    EXPECT_GT(polylines_of(svg).size(), 1u);
    for (const auto& line : polylines_of(svg)) {
      for (const auto& [px, py] : line) {
        EXPECT_TRUE(px >= 0 && px <= 520 && py >= 0 && py <= 320) << px << " " << py;
      }
    }
  }
}

TEST(SvgPlot, TheAxisHoldsBandsAndWhatIsToBeShown) {
  const PlotSeries plain{"a", {1, 2}, {1, 2}};
  PlotSeries banded = plain;
  banded.low = {0, 1};
  banded.high = {2, 3};
  PlotOptions shown{"t", "x", "y"};
  shown.y_shown = {0, 3};
  const auto of_plain = polylines_of(svg_plot({"t", "x", "y"}, std::span(&plain, 1)));
  const auto of_banded = polylines_of(svg_plot({"t", "x", "y"}, std::span(&banded, 1)));
  const auto of_shown = polylines_of(svg_plot(shown, std::span(&plain, 1)));
  EXPECT_EQ(of_banded[1], of_shown[0]) << "both axes reach from 0 to 3";
  EXPECT_NE(of_plain[0], of_shown[0]);
}

TEST(SvgPlot, MarksWithoutALinePointUpOrDown) {
  PlotSeries series{"a", {1, 2}, {1, 2}};
  series.line = false;
  const auto svg_of = [&](PlotMark mark) {
    series.mark = mark;
    return svg_plot({"t", "x", "y"}, std::span(&series, 1));
  };
  for (const PlotMark mark : {PlotMark::kCircle, PlotMark::kUp, PlotMark::kDown}) {
    EXPECT_EQ(markup_fault(svg_of(mark)), "");
    EXPECT_TRUE(polylines_of(svg_of(mark)).empty());
    EXPECT_EQ(svg_of(mark).find("<circle") != std::string::npos, mark == PlotMark::kCircle);
  }
  EXPECT_NE(svg_of(PlotMark::kUp).find("l4.5 8h-9z"), std::string::npos) << "from the tip downwards";
  EXPECT_NE(svg_of(PlotMark::kDown).find("l4.5 -8h-9z"), std::string::npos);
}

}  // namespace
}  // namespace selfsame
