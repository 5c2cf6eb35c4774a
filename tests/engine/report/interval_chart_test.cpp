// SPDX-License-Identifier: Apache-2.0
#include "engine/report/interval_chart.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

TEST(IntervalChart, DrawsARowForEveryValueWithinItsAxis) {
  const std::vector<IntervalRow> rows{{"a < b", 1e-3, 1e-2, 0.1, 0},
                                      {"nothing", 0, 0, std::numeric_limits<double>::infinity(), 1},
                                      {"not known", 0, std::nan(""), std::nan(""), 7}};
  IntervalChartOptions options;
  options.title = "bias";
  options.x_label = "relative bias";
  options.line = 0.05;
  const std::string svg = interval_chart(options, rows);
  EXPECT_EQ(markup_fault("<html><body>" + svg + "</body></html>"), "");
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("relative bias"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  std::size_t dots = 0;
  for (std::size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) {
    ++dots;
  }
  EXPECT_EQ(dots, 3u);
  // From 290 to 700 on a logarithmic axis of 1e-4 to 1: 1e-2 is in the middle.
  EXPECT_NE(svg.find("cx=\"495.0\""), std::string::npos) << svg;
}

}  // namespace
}  // namespace selfsame
