// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/detectable_bias.hpp"

#include <gtest/gtest.h>

#include "tests/engine/verify/synthetic_draws.hpp"

namespace selfsame {
namespace {

// A bias of the stated size is planted and searched: the power must be the stated one. The estimate comes
// from draws and has an error of its own, hence the room beyond the binomial interval.
TEST(DetectableBias, SlowAgreesWithTheSimulatedPower) {
  SyntheticDraws null({.skewed = false});
  double generic = 0, along = 0;
  for (std::uint64_t r = 0; r < 10; ++r) {
    const DetectableBias d = detectable_bias(null.statistics(r, 128), 0.05, 0.8);
    generic += d.generic / 10;
    along += d.along_gradient / 10;
  }
  EXPECT_LT(along, generic) << "the pilot direction is a projection of its own";
  CalibrationOptions options;
  options.repeats = 300;
  options.draws = 128;
  SyntheticDraws one({.skewed = false, .bias = generic, .redraw_bias = true});
  EXPECT_NEAR(calibrate(one.sketch, one.generator(), options).global.value(), 0.8, 0.12);
  SyntheticDraws two({.skewed = false, .bias = along, .bias_along_gradient = true});
  EXPECT_NEAR(calibrate(two.sketch, two.generator(), options).global.value(), 0.8, 0.12);
}

}  // namespace
}  // namespace selfsame
