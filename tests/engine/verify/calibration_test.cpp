// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/calibration.hpp"

#include <gtest/gtest.h>

#include "tests/engine/verify/synthetic_draws.hpp"

namespace selfsame {
namespace {

CalibrationResult run(const SyntheticGradients::Options& options, std::int64_t repeats, std::int64_t draws) {
  SyntheticDraws synthetic(options);
  CalibrationOptions calibration;
  calibration.repeats = repeats;
  calibration.draws = draws;
  calibration.true_relative_bias = options.bias;
  return calibrate(synthetic.sketch, synthetic.generator(), calibration);
}

TEST(Calibration, SlowGaussianDrawsAreRejectedAtTheLevel) {
  const CalibrationResult result = run({.skewed = false}, 1000, 128);
  EXPECT_GE(result.combined.value(), 0.033);
  EXPECT_LE(result.combined.value(), 0.067);
  EXPECT_GE(result.lower_covers.value(), 0.91) << "as docs/verification.md says";
}

TEST(Calibration, SlowSkewedDrawsAreRejectedAtTheLevel) {
  const CalibrationResult result = run({.skewed = true}, 1000, 256);
  EXPECT_GE(result.combined.value(), 0.033);
  EXPECT_LE(result.combined.value(), 0.067);
  EXPECT_GE(result.lower_covers.value(), 0.91);
}

TEST(Calibration, SlowPlantedBiasIsFoundAndCovered) {
  for (const bool along : {false, true}) {
    const CalibrationResult result =
        run({.skewed = true, .bias = 0.1, .bias_along_gradient = along, .redraw_bias = true}, 200, 256);
    EXPECT_GE(result.combined.value(), 0.95);
    EXPECT_GE(result.upper_covers.value(), 0.95);
    EXPECT_GE(result.lower_covers.value(), 0.90) << "95 % less 3.2 deviations of 200 repeats";
  }
}

}  // namespace
}  // namespace selfsame
