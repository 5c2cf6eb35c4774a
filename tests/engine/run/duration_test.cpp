// SPDX-License-Identifier: Apache-2.0
#include "engine/run/duration.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(Duration, AddsNumbersWithUnits) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("20m"), 1200);
  EXPECT_EQ(parse_duration("11h50m"), 42600);
  EXPECT_EQ(parse_duration("1d2h3m4s"), 93784);
  EXPECT_EQ(parse_duration("1.5h"), 5400);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* bad : {"", "20", "m", "20 m", "-5m", "+5m", "5m5h", "5m5m", "0s", "5x", "5m ", "1e3s",
                          "infs", "nanh", ".5h"}) {
    try {
      (void)parse_duration(bad);
      ADD_FAILURE() << "accepted " << bad;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(e.what()).find(std::string(1, '\'') + bad + "'"), std::string::npos) << e.what();
    }
  }
}

TEST(Duration, FormatsAsAClock) {
  EXPECT_EQ(format_duration(0), "00:00:00");
  EXPECT_EQ(format_duration(4350.4), "01:12:30");
  EXPECT_EQ(format_duration(59.6), "00:01:00");
  EXPECT_EQ(format_duration(2 * 86400 + 3 * 3600), "2d 03:00:00");
  EXPECT_EQ(format_duration(-1), "--:--:--");
  EXPECT_EQ(format_duration(NAN), "--:--:--");
  EXPECT_EQ(format_duration(INFINITY), "--:--:--");
}

}  // namespace
}  // namespace selfsame
