// SPDX-License-Identifier: Apache-2.0
#include "engine/report/terminal_plot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace selfsame {
namespace {

TEST(Sparkline, RisesWithTheValues) {
  const std::vector<double> values{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(
      sparkline(values, 80),
      "\xE2\x96\x81\xE2\x96\x82\xE2\x96\x83\xE2\x96\x84\xE2\x96\x85\xE2\x96\x86\xE2\x96\x87\xE2\x96\x88");
  EXPECT_EQ(sparkline(values, 4).size(), 4u * 3);
  EXPECT_EQ(sparkline(std::vector<double>{1, NAN, 2}, 3), "\xE2\x96\x81 \xE2\x96\x88");
  EXPECT_EQ(sparkline(std::vector<double>{3, 3}, 2), "\xE2\x96\x85\xE2\x96\x85");
  EXPECT_EQ(sparkline({}, 10), "");
}

TEST(AsciiCurve, DrawsWithinItsFrame) {
  EXPECT_EQ(ascii_curve(std::vector<double>{4, 3, 2, 1}, 10, 4),
            "         4 |*\n"
            "           | *\n"
            "           |  *\n"
            "         1 |   *\n"
            "           +----\n");
  EXPECT_EQ(ascii_curve(std::vector<double>{NAN}, 10, 4), "");
  EXPECT_EQ(ascii_curve({}, 10, 4), "");
}

}  // namespace
}  // namespace selfsame
