// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/smooth_phase.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

double largest_second_difference(const std::vector<double>& phase, std::int64_t n) {
  double largest = 0;
  for (std::int64_t y = 0; y < n; ++y) {
    for (std::int64_t x = 1; x + 1 < n; ++x) {
      const auto i = static_cast<std::size_t>(y * n + x);
      largest = std::max(largest, std::abs(phase[i - 1] - 2 * phase[i] + phase[i + 1]));
    }
  }
  return largest;
}

}  // namespace

TEST(SmoothPhase, HasTheStandardDeviationAskedFor) {
  for (std::uint32_t example = 0; example < 20; ++example) {
    const std::vector<double> phase = smooth_phase(23, 40, 0.7, 9, example);
    double mean = 0, variance = 0;
    for (const double value : phase) {
      mean += value / static_cast<double>(phase.size());
    }
    for (const double value : phase) {
      variance += (value - mean) * (value - mean) / static_cast<double>(phase.size());
    }
    EXPECT_NEAR(std::sqrt(variance), 0.7, 1e-12);
    EXPECT_GT(mean, 0.0);
    EXPECT_LE(mean, 2 * std::numbers::pi + 1e-12);
  }
}

TEST(SmoothPhase, IsSmooth) {
  for (std::uint32_t example = 0; example < 10; ++example) {
    // Second differences of a function with bounded curvature fall with the square of the step; the curvature
    // is sampled at other places and scaled by another mean and deviation, both of which change it by O(1/n).
    const double coarse = largest_second_difference(smooth_phase(64, 64, 1.0, 9, example), 64);
    const double fine = largest_second_difference(smooth_phase(128, 128, 1.0, 9, example), 128);
    EXPECT_NEAR(coarse / fine, 4.0, 0.5);
  }
}

TEST(SmoothPhase, DependsOnSeedAndExampleOnly) {
  EXPECT_EQ(smooth_phase(8, 9, 1.0, 1, 2), smooth_phase(8, 9, 1.0, 1, 2));
  EXPECT_NE(smooth_phase(8, 9, 1.0, 1, 2), smooth_phase(8, 9, 1.0, 1, 3));
  EXPECT_NE(smooth_phase(8, 9, 1.0, 1, 2), smooth_phase(8, 9, 1.0, 2, 2));
}

TEST(SmoothPhase, OfStrengthZeroIsNone) {
  for (const double value : smooth_phase(5, 5, 0.0, 1, 2)) {
    EXPECT_EQ(value, 0.0);
  }
  EXPECT_EQ(smooth_phase(1, 1, 1.0, 1, 2).size(), 1u);
  EXPECT_TRUE(std::isfinite(smooth_phase(1, 1, 1.0, 1, 2)[0]));
}

TEST(SmoothPhase, RefusesAStrengthBelowZero) {
  const auto text = error_text<Error>([] { static_cast<void>(smooth_phase(5, 5, -1.0, 0, 0)); });
  EXPECT_NE(text.find("0 to 100 radians, got -1"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(smooth_phase(5, 5, std::nan(""), 0, 0)), Error);
}

}  // namespace selfsame
