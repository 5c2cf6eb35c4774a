// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/bias_estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/verify/synthetic_draws.hpp"

namespace selfsame {
namespace {

TEST(BiasEstimate, SquaresAreUnbiased) {
  SyntheticDraws draws({.skewed = true, .bias = 0.3});
  constexpr int kRepeats = 400;
  double mean_u = 0, mean_n = 0, squares_u = 0, squares_n = 0;
  for (std::uint64_t r = 0; r < kRepeats; ++r) {
    const BiasEstimate e = estimate_bias(draws.statistics(r, 32));
    mean_u += e.bias_squared / kRepeats;
    mean_n += e.gradient_squared / kRepeats;
    squares_u += (e.bias_squared - 0.09) * (e.bias_squared - 0.09) / kRepeats;
    squares_n += (e.gradient_squared - 1) * (e.gradient_squared - 1) / kRepeats;
  }
  EXPECT_NEAR(mean_u, 0.09, 4 * std::sqrt(squares_u / kRepeats));
  EXPECT_NEAR(mean_n, 1.0, 4 * std::sqrt(squares_n / kRepeats));
}

TEST(BiasEstimate, ScaleIsFoundAndTakenOut) {
  SyntheticDraws draws({.skewed = false, .noise = 0.2, .bias = 0.5, .bias_along_gradient = true});
  const BiasEstimate e = estimate_bias(draws.statistics(0, 1024));
  EXPECT_NEAR(e.relative, 0.5, 0.06);
  EXPECT_NEAR(e.scale, 1.5, 0.06);
  EXPECT_LT(e.relative_up_to_scale, 0.1);
  EXPECT_LT(e.lower_bound(), 0.5);
  EXPECT_GT(e.upper_bound(), 0.5);
}

TEST(BiasEstimate, BoundsSolveTheirEquationAndCoverEqualGradients) {
  BiasEstimate e;
  e.draws = 400;
  e.bias_squared = 0.04;
  e.gradient_squared = 2.0;
  e.gradient_deviation = 0.1;
  e.largest_variance = 0.5;
  e.trace_squared = 1.0;
  const double z = student_t_quantile(0.95, 399), x = std::pow(e.upper_bound(), 2);
  EXPECT_NEAR(x * (2.0 - z * 0.1) - 0.04, z * std::sqrt(4 * x * 2.0 * 0.5 / 400 + 2.0 / (400 * 399)), 1e-12);
  EXPECT_GT(e.upper_bound(0.99), e.upper_bound());
  EXPECT_LT(e.lower_bound(0.99), e.lower_bound());
  EXPECT_GT(e.lower_bound(), 0.0);
  e.gradient_deviation = 2.0;
  EXPECT_TRUE(std::isinf(e.upper_bound())) << "the gradient itself may be zero";

  SyntheticDraws same({.skewed = false, .noise = 0.0, .bias = 0.0});
  const DrawStatistics statistics = same.statistics(0, 64);
  EXPECT_EQ(estimate_bias(statistics).upper_bound(), 0.0);
  EXPECT_EQ(bias_test(statistics).p_value, 1.0);
}

// The planted bias is spread as the tensors' scales are; in each tensor the bounds must hold too.
TEST(BiasEstimate, LayerBoundsCover) {
  SyntheticDraws draws({.skewed = true, .bias = 0.2, .bias_along_gradient = true});
  int trials = 0, covered = 0;
  for (std::uint64_t r = 0; r < 60; ++r) {
    const DrawStatistics statistics = draws.statistics(r, 128);
    for (int l = 0; l < statistics.layers(); ++l) {
      ++trials;  // along the gradient: the relative bias is 0.2 in every tensor
      covered += estimate_layer_bias(statistics, l).upper_bound() >= 0.2 ? 1 : 0;
    }
  }
  EXPECT_GE(covered, static_cast<int>(0.95 * trials));
}

}  // namespace
}  // namespace selfsame
