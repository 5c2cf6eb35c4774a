// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/monotone_curve.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Values = std::vector<double>;

TEST(MonotoneCurve, PoolsWhatRises) {
  const Values ones(5, 1.0);
  EXPECT_EQ(falling_fit(Values{5, 4, 3, 2, 1}, ones), (Values{5, 4, 3, 2, 1}));
  EXPECT_EQ(falling_fit(Values{1, 2, 3, 4, 5}, ones), Values(5, 3.0));
  EXPECT_EQ(falling_fit(Values{5, 2, 4, 1, 1}, ones), (Values{5, 3, 3, 1, 1}));
  EXPECT_EQ(falling_fit(Values{3, 2, 4, 0, 0}, ones), (Values{3, 3, 3, 0, 0}));  // a pool joins another
  EXPECT_EQ(falling_fit(Values{1, 4}, Values{1, 2}), (Values{3, 3}));
  EXPECT_TRUE(falling_fit({}, {}).empty());
  EXPECT_THROW((void)falling_fit(Values{1}, Values{0}), Error);
  EXPECT_THROW((void)falling_fit(Values{1}, Values{}), Error);
}

TEST(MonotoneCurve, FindsAPlace) {
  using Side = CurvePlace::Side;
  const Values x{1, 2, 4, 5}, y{10, 6, 6, 2};
  const auto at = [&](double value) { return place_on_curve(x, y, value); };
  EXPECT_EQ(at(8).side, Side::kOn);
  EXPECT_DOUBLE_EQ(at(8).x, 1.5);
  EXPECT_DOUBLE_EQ(at(10).x, 1);
  EXPECT_DOUBLE_EQ(at(6).x, 2);  // the smallest that reaches it
  EXPECT_DOUBLE_EQ(at(3).x, 4.75);
  EXPECT_DOUBLE_EQ(at(2).x, 5);
  EXPECT_EQ(at(10.1).side, Side::kAbove);
  EXPECT_EQ(at(10.1).x, 1);
  EXPECT_EQ(at(1.9).side, Side::kBelow);
  EXPECT_EQ(at(1.9).x, 5);
  EXPECT_EQ(place_on_curve(Values{3}, Values{7}, 7).x, 3);
  EXPECT_THROW((void)place_on_curve(Values{}, Values{}, 1), Error);
}

}  // namespace
}  // namespace selfsame
