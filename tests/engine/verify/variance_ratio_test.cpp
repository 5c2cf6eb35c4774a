// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_ratio.hpp"

#include <gtest/gtest.h>

#include "tests/engine/verify/synthetic_draws.hpp"

namespace selfsame {
namespace {

// Gaussian draws: V = sum of 1 / (r + 1)^2 over 6 directions + 0.09 for g_sup, times 1 + noise^2 for g_ss.
TEST(VarianceRatio, IsFoundAndItsIntervalCovers) {
  SyntheticDraws draws({.skewed = false, .noise = 0.5});
  constexpr int kRepeats = 200;
  int covered = 0;
  double mean = 0;
  for (std::uint64_t r = 0; r < kRepeats; ++r) {
    const VarianceRatio v = variance_ratio(draws.statistics(r, 128));
    covered += v.lower <= 1.25 && 1.25 <= v.upper ? 1 : 0;
    mean += v.ratio / kRepeats;
  }
  EXPECT_NEAR(mean, 1.25, 0.03);
  // Binomial(200, 0.95): 4 deviations of 3.1 below 190.
  EXPECT_GE(covered, 178);

  // Sum over the directions is 1.4914; the directions are not quite orthogonal, which changes no trace.
  const VarianceRatio many = variance_ratio(draws.statistics(0, 4096));
  EXPECT_NEAR(many.supervised, 1.4914 + 0.09, 0.15);
  EXPECT_NEAR(many.relative_supervised, many.supervised, 0.1);
}

TEST(VarianceRatio, OfTheSameGradientIsOne) {
  SyntheticDraws draws({.skewed = true, .noise = 0.0});
  const VarianceRatio v = variance_ratio(draws.statistics(0, 32));
  EXPECT_DOUBLE_EQ(v.ratio, 1.0);
  EXPECT_NEAR(v.lower, 1.0, 1e-9);
  EXPECT_NEAR(v.upper, 1.0, 1e-9);
}

}  // namespace
}  // namespace selfsame
