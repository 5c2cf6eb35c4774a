// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/power_law.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

LawCurve curve(double floor, double scale, double exponent, double offset = 0) {
  LawCurve curve;
  for (const double n : {20, 40, 80, 160, 320, 640}) {
    curve.examples.push_back(n);
    curve.risks.push_back(floor + scale * std::pow(n - offset, -exponent));
  }
  return curve;
}

// Golden section on a sum of squares finds its minimum to about the root of the rounding error, 1e-8, times
// what floor and exponent trade off against each other: 1e-5 leaves room for that.
constexpr double kClose = 1e-5;

TEST(PowerLaw, FindsLawsThatHold) {
  for (const double exponent : {0.1, 0.5, 1.0, 1.7}) {
    for (const double floor : {0.0, 0.01}) {
      const LawCurve one = curve(floor, 0.3, exponent);
      const PowerLaw law = fit_power_law({&one, 1});
      SCOPED_TRACE(exponent);
      EXPECT_NEAR(law.exponent, exponent, 20 * kClose * exponent);
      EXPECT_NEAR(law.floor, floor, 20 * kClose);
      EXPECT_NEAR(law.scales[0], 0.3, 20 * kClose);
      EXPECT_LT(law.worst, kClose);
      EXPECT_FALSE(law.at_edge());
      EXPECT_FALSE(law.flat());
    }
  }
}

TEST(PowerLaw, FitsCurvesTogether) {
  std::vector<LawCurve> curves{curve(0.01, 0.3, 0.8), curve(0.01, 0.9, 0.8)};
  curves[1].examples.erase(curves[1].examples.begin());  // not the same sizes
  curves[1].risks.erase(curves[1].risks.begin());
  const PowerLaw law = fit_power_law(curves);
  EXPECT_NEAR(law.exponent, 0.8, 10 * kClose);
  EXPECT_NEAR(law.scales[1] / law.scales[0], 3, 10 * kClose);
}

TEST(PowerLaw, FindsAnOffset) {
  const std::vector<LawCurve> curves{curve(0.001, 0.3, 1, 11), curve(0.001, 1.05, 1, 11)};
  const PowerLaw law = fit_power_law(curves, std::nan(""));
  EXPECT_NEAR(law.offset, 11, 0.01);
  EXPECT_NEAR(law.exponent, 1, 1e-3);
  EXPECT_NEAR(law.scales[1] / law.scales[0], 3.5, 1e-4);
  EXPECT_NEAR(fit_power_law(curves, 11).exponent, 1, kClose);
  EXPECT_GT(fit_power_law(curves, 0).worst, 0.01);  // the offset is needed
}

TEST(PowerLaw, WeighsRelativeErrors) {
  // One point 1 % off: the misfit is below that of the true law, which has 0.01^2.
  LawCurve one = curve(0.01, 0.3, 0.5);
  one.risks.back() *= 1.01;
  const PowerLaw law = fit_power_law({&one, 1});
  EXPECT_LT(law.misfit, 1e-4);
  EXPECT_GT(law.misfit, 0);
  EXPECT_LE(law.worst, 0.01);
}

TEST(PowerLaw, SaysWhenNothingFits) {
  LawCurve flat = curve(0.01, 0, 1);
  EXPECT_TRUE(fit_power_law({&flat, 1}).flat() || fit_power_law({&flat, 1}).scales[0] < 1e-10);
  LawCurve rising = curve(0.01, -0.01, 1);
  EXPECT_TRUE(fit_power_law({&rising, 1}).flat());
  LawCurve steep = curve(0, 1, 4);
  EXPECT_TRUE(fit_power_law({&steep, 1}).at_edge());
  EXPECT_THROW((void)fit_power_law({}), Error);
  EXPECT_THROW((void)fit_power_law({&steep, 1}, 20), Error);
  LawCurve uneven = steep;
  uneven.risks.pop_back();
  EXPECT_THROW((void)fit_power_law({&uneven, 1}), Error);
}

}  // namespace
}  // namespace selfsame
