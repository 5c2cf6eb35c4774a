// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/sign_flip.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/verify/distributions.hpp"
#include "engine/verify/hotelling.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

// Of four numbers there are sixteen patterns of signs: p is the share of those with |sum| >= that seen.
TEST(SignFlip, CountsThePatternsOfSigns) {
  const std::vector<double> all_same{1, 2, 3, 4};  // |sum| = 10 by 2 of 16 patterns
  EXPECT_NEAR(sign_flip_p_value(all_same, 1), 2.0 / 16, 5 * std::sqrt(0.125 * 0.875 / 800));
  const std::vector<double> balanced{1, -2, -3, 4};  // 0: all patterns
  EXPECT_EQ(sign_flip_p_value(balanced, 1), 1.0);
}

TEST(SignFlip, NothingThatVariesIsNoSignOfAMean) {
  EXPECT_EQ(sign_flip_p_value(std::vector<double>(20, 0.0), 2), 1.0);
}

/// Vectors of three correlated components with tails like those of a square of a normal, of either sign.
std::vector<double> heavy_tailed(std::uint32_t repeat, std::size_t draws, double shift) {
  std::vector<double> rows;
  for (std::size_t m = 0; m < draws; ++m) {
    const RandomStream random(8, RandomPurpose::kTest, repeat, static_cast<std::uint32_t>(m));
    const double size = std::pow(static_cast<double>(random.normal(9)), 2);
    const double common = static_cast<double>(random.normal(0));
    for (std::uint64_t k = 1; k <= 3; ++k) {
      rows.push_back(size * (common + static_cast<double>(random.normal(k))) + shift);
    }
  }
  return rows;
}

TEST(SignFlip, SlowKeepsItsLevelOnHeavyTailsAndFindsAMean) {
  constexpr std::uint32_t kRepeats = 400;
  int rejected = 0, found = 0;
  for (std::uint32_t repeat = 0; repeat < kRepeats; ++repeat) {
    rejected += sign_flip_p_value(heavy_tailed(repeat, 48, 0.0), 3) <= 0.05;
    found += sign_flip_p_value(heavy_tailed(repeat, 48, 2.0), 3) <= 0.05;
  }
  // Exact by symmetry: five standard deviations of a binomial number of mean 20.
  EXPECT_NEAR(rejected, 20, 5 * std::sqrt(20 * 0.95));
  EXPECT_GT(found, 380);
}

TEST(SignFlip, AgreesWithTheFDistributionForGaussianVectors) {
  std::vector<double> rows;
  for (std::uint32_t m = 0; m < 200; ++m) {
    const RandomStream random(9, RandomPurpose::kTest, 0, m);
    rows.push_back(static_cast<double>(random.normal(0)) + 0.15);
    rows.push_back(static_cast<double>(random.normal(1)) + 0.05);
  }
  const double p = hotelling(rows, 2).p_value, flipped = sign_flip_p_value(rows, 2);
  ASSERT_GT(p, 0.005);
  EXPECT_NEAR(flipped, p, 0.1 * p + 5 * std::sqrt(p / 20000));
}

}  // namespace
}  // namespace selfsame
