// SPDX-License-Identifier: Apache-2.0
#include "engine/report/interval_chart.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

/// The numbers that follow every occurrence of a text.
std::vector<double> numbers_after(const std::string& svg, const std::string& text) {
  std::vector<double> numbers;
  for (std::size_t at = svg.find(text); at != std::string::npos; at = svg.find(text, at + 1)) {
    numbers.push_back(std::strtod(svg.c_str() + at + text.size(), nullptr));
  }
  return numbers;
}
bool has(const std::string& svg, std::string_view part) { return svg.find(part) != std::string::npos; }

IntervalChartOptions linear(double from, double to) {
  IntervalChartOptions options;
  options.title = "a title";
  options.x_label = "a label";
  options.scale = AxisScale::kLinear;
  options.from = from;
  options.to = to;
  return options;
}

TEST(IntervalChart, PutsValuesAtTheirPlacesOnALinearAxis) {
  const std::array<IntervalRow, 3> rows{
      {{"left", 0, 0, 0, 0}, {"middle", 0.25, 0.5, 1, 1}, {"right", 1, 1, 1, 2}}};
  const std::string svg = interval_chart(linear(0, 1), rows);
  EXPECT_EQ(markup_fault(svg), "");
  const std::vector<double> at = numbers_after(svg, "cx=\"");
  ASSERT_EQ(at.size(), 3u);
  EXPECT_NEAR(at[1], (at[0] + at[2]) / 2, 0.1);
  EXPECT_GT(at[2], at[0] + 100);
  // The interval of the second: a quarter of the axis to its end.
  const std::string start = "class=\"s1\" stroke-width=\"2\" d=\"M";
  ASSERT_EQ(numbers_after(svg, start).size(), 1u);
  EXPECT_NEAR(numbers_after(svg, start)[0], at[0] + (at[2] - at[0]) / 4, 0.11);
  const std::vector<double> heights = numbers_after(svg, "cy=\"");
  EXPECT_EQ(heights[2] - heights[1], heights[1] - heights[0]);
  EXPECT_GT(heights[1], heights[0]);
}

TEST(IntervalChart, PutsDecadesAtEqualDistances) {
  IntervalChartOptions options = linear(1e-3, 1);
  options.scale = AxisScale::kLog10;
  const std::array<IntervalRow, 4> rows{
      {{"a", 1e-3, 1e-3, 1e-3}, {"b", 1e-2, 1e-2, 1e-2}, {"c", 1e-1, 1e-1, 1e-1}, {"d", 1, 1, 1}}};
  const std::vector<double> at = numbers_after(interval_chart(options, rows), "cx=\"");
  ASSERT_EQ(at.size(), 4u);
  for (std::size_t i = 2; i < 4; ++i) {
    EXPECT_NEAR(at[i] - at[i - 1], at[1] - at[0], 0.11);
  }
}

TEST(IntervalChart, EndsAtItsEdgesWhatCannotBeDrawn) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog10}) {
    IntervalChartOptions options = linear(0.01, 10);
    options.scale = scale;
    const std::array<IntervalRow, 5> rows{{{"from", 0.01, 0.01, 0.01},
                                           {"to", 10, 10, 10},
                                           {"zero", -1, 0, infinity},
                                           {"far", 1, 1e9, infinity},
                                           {"nothing", std::nan(""), std::nan(""), std::nan("")}}};
    const std::string svg = interval_chart(options, rows);
    EXPECT_EQ(markup_fault(svg), "");
    EXPECT_FALSE(has(svg, "nan") || has(svg, "inf")) << svg;
    const std::vector<double> at = numbers_after(svg, "cx=\"");
    ASSERT_EQ(at.size(), 5u);
    EXPECT_EQ(at[2], at[0]);
    EXPECT_EQ(at[3], at[1]);
    EXPECT_EQ(at[4], at[0]);
  }
}

TEST(IntervalChart, DrawsTheLineOnlyOnTheAxisAndBarsOnlyWhenAsked) {
  const std::array<IntervalRow, 1> rows{{{"row", 0.2, 0.4, 0.6}}};
  IntervalChartOptions options = linear(0, 1);
  EXPECT_FALSE(has(interval_chart(options, rows), "stroke-dasharray"));
  options.line = 0.5;
  EXPECT_TRUE(has(interval_chart(options, rows), "stroke-dasharray"));
  options.line = 1.5;
  EXPECT_FALSE(has(interval_chart(options, rows), "stroke-dasharray"));
  EXPECT_FALSE(has(interval_chart(options, rows), "opacity"));
  options.bars = true;
  EXPECT_TRUE(has(interval_chart(options, rows), "opacity"));
}

TEST(IntervalChart, EscapesItsTexts) {
  IntervalChartOptions options = linear(0, 1);
  options.title = "a < b & \"c\"";
  options.x_label = "x < y";
  const std::array<IntervalRow, 1> rows{{{"<row> & more", 0.2, 0.4, 0.6}}};
  const std::string svg = interval_chart(options, rows);
  EXPECT_EQ(markup_fault(svg), "");
  for (const char* said : {"&lt;row&gt; &amp; more", "a &lt; b &amp; &quot;c&quot;", "x &lt; y"}) {
    EXPECT_TRUE(has(svg, said)) << said;
  }
}

TEST(IntervalChart, LabelsAboveLeaveTheWholeWidthToTheAxis) {
  IntervalChartOptions options = linear(0, 1);
  options.labels_above = true;
  const std::array<IntervalRow, 2> rows{{{"first", 0, 0, 0}, {"second", 0.5, 1, 1}}};
  const std::string svg = interval_chart(options, rows);
  EXPECT_EQ(markup_fault(svg), "");
  const std::vector<double> x = numbers_after(svg, "cx=\""), y = numbers_after(svg, "cy=\"");
  const double width = numbers_after(svg, "viewBox=\"0 0 ")[0];
  EXPECT_GT(x[1] - x[0], 0.9 * width);
  // Labels are the texts that start at the left: each above its own interval, below the one before.
  std::vector<double> labels;
  const std::string label = "text-anchor=\"start\"";
  for (std::size_t at = svg.find(label); at != std::string::npos; at = svg.find(label, at + 1)) {
    labels.push_back(numbers_after(svg.substr(svg.rfind("<text", at), at), "y=\"")[0]);
  }
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_LT(labels[0], y[0]);
  EXPECT_GT(labels[1], y[0]);
  EXPECT_LT(labels[1], y[1]);
}

TEST(IntervalChart, OfNoRowsIsAnEmptyAxis) { EXPECT_EQ(markup_fault(interval_chart(linear(0, 1), {})), ""); }

}  // namespace
}  // namespace selfsame
