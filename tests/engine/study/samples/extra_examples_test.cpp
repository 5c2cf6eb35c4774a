// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/extra_examples.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kResamples = 400;
const std::vector<std::int64_t> kSizes{10, 20, 40, 80};

/// Risks with an error of `spread` in the logarithm, of their own for each size, and seeds to repeat them.
RiskDraws draws(const std::vector<double>& risks, double spread, std::uint32_t number, bool repeated = true) {
  RiskDraws draws;
  draws.repeated = repeated;
  for (std::size_t k = 0; k < risks.size(); ++k) {
    draws.sizes.push_back(k);
    draws.logs.push_back(std::log(risks[k]));
    draws.weights.push_back(repeated ? 3 : 1);
  }
  const RandomStream random(3, RandomPurpose::kTest, number, 0);
  for (std::size_t i = 0; repeated && i < kResamples; ++i) {
    for (std::size_t k = 0; k < risks.size(); ++k) {
      draws.resampled.push_back(draws.logs[k] + spread * random.normal(i * risks.size() + k));
    }
  }
  return draws;
}

const std::vector<double> kSupervised{8, 4, 2, 1};  // 80 / N
const std::vector<bool> kGaps(4, true);

TEST(ExtraExamples, InvertsTheFirstCurve) {
  const ExtraFactors f = extra_factors(kSizes, draws(kSupervised, 1e-3, 1), draws({16, 8.1, 4, 2.5}, 1e-3, 2),
                                       kGaps, kResamples);
  EXPECT_EQ(f.extras[0].kind, ExtraKind::kAtLeast);
  EXPECT_DOUBLE_EQ(f.extras[0].factor.low, 1);  // N = 10 against a curve that starts there
  EXPECT_FALSE(f.extras[0].factor.known());
  EXPECT_EQ(f.extras[1].kind, ExtraKind::kAtLeast);
  EXPECT_NEAR(f.extras[1].factor.low, 2, 1e-12);
  EXPECT_EQ(f.extras[2].kind, ExtraKind::kValue);
  EXPECT_NEAR(f.extras[2].factor.value, 2, 1e-12);
  EXPECT_LT(f.extras[2].factor.low, 2);
  EXPECT_GT(f.extras[2].factor.high, 2);
  EXPECT_NEAR(f.extras[3].factor.value, 2.5, 1e-12);
  EXPECT_NEAR(f.together.value, std::sqrt(5), 1e-12);
  EXPECT_TRUE(f.together.bounded());
}

TEST(ExtraExamples, AMethodThatIsBetterHasUpperBounds) {
  const ExtraFactors f =
      extra_factors(kSizes, draws(kSupervised, 1e-3, 1), draws({4, 2, 1.1, 0.5}, 1e-3, 2), kGaps, kResamples);
  EXPECT_NEAR(f.extras[0].factor.value, 0.5, 1e-12);
  EXPECT_EQ(f.extras[2].kind, ExtraKind::kValue);
  EXPECT_EQ(f.extras[3].kind, ExtraKind::kAtMost);
  EXPECT_DOUBLE_EQ(f.extras[3].factor.high, 1);
  EXPECT_TRUE(std::isnan(f.extras[3].factor.low));
}

TEST(ExtraExamples, AnIntervalThatLeavesTheCurveIsABound) {
  // N = 20: on the curve at N = 10.3, but 4 % of the resamples or more are above its first point.
  const ExtraFactors f =
      extra_factors(kSizes, draws(kSupervised, 1e-3, 1), draws({16, 7.8, 4, 2}, 0.05, 2), kGaps, kResamples);
  EXPECT_EQ(f.extras[1].kind, ExtraKind::kAtLeast);
  EXPECT_LT(f.extras[1].factor.low, 2);
  EXPECT_GT(f.extras[1].factor.low, 1.6);
}

TEST(ExtraExamples, WithoutAGapCurvesAreMerged) {
  const ExtraFactors f = extra_factors(kSizes, draws(kSupervised, 1e-3, 1), draws({16, 8, 4, 1}, 1e-3, 2),
                                       {true, true, true, false}, kResamples);
  EXPECT_EQ(f.extras[3].kind, ExtraKind::kMerged);
  EXPECT_FALSE(f.extras[3].factor.known());
  EXPECT_NEAR(f.together.value, 2, 1e-12);  // of N = 40 alone
}

TEST(ExtraExamples, WhatIsMergedBetweenFactorsTakesPartInTheirMean) {
  const ExtraFactors f = extra_factors(kSizes, draws(kSupervised, 1e-3, 1), draws({16, 7, 2.1, 1.5}, 1e-3, 2),
                                       {true, true, false, true}, kResamples);
  EXPECT_EQ(f.extras[2].kind, ExtraKind::kMerged);
  const double all = std::cbrt(std::exp(std::log(20.0 / 10) - std::log(8.0 / 7)) * 2.1 / 2 * 1.5);
  EXPECT_NEAR(f.together.value, all, 1e-12);
}

TEST(ExtraExamples, AFlatCurveSaysNothing) {
  const ExtraFactors f =
      extra_factors(kSizes, draws({1, 1, 1, 1}, 0.01, 1), draws({2, 2, 2, 2}, 0.01, 2), kGaps, kResamples);
  for (const ExtraExamples& extra : f.extras) {
    EXPECT_EQ(extra.kind, ExtraKind::kFlat);
    EXPECT_FALSE(extra.factor.known());
  }
  EXPECT_FALSE(f.together.known());
}

TEST(ExtraExamples, OneSeedGivesEstimates) {
  const ExtraFactors f =
      extra_factors(kSizes, draws(kSupervised, 0, 1, false), draws({16, 8.1, 4, 2.5}, 0, 2, false),
                    std::vector<bool>(4, false), kResamples);
  EXPECT_EQ(f.extras[0].kind, ExtraKind::kNothing);
  EXPECT_EQ(f.extras[2].kind, ExtraKind::kEstimate);
  EXPECT_NEAR(f.extras[2].factor.value, 2, 1e-12);
  EXPECT_FALSE(f.extras[2].factor.bounded());
  EXPECT_FALSE(f.together.bounded());
}

TEST(ExtraExamples, SizesWithoutRunsSayNothing) {
  RiskDraws first = draws(kSupervised, 1e-3, 1), other = draws({16, 8, 4, 2}, 1e-3, 2);
  first.sizes = {0, 1, 2};  // as if N = 80 were not done
  first.logs.pop_back();
  first.weights.pop_back();
  std::vector<double> shorter;
  for (std::size_t i = 0; i < kResamples; ++i) {
    shorter.insert(shorter.end(), &first.resampled[4 * i], &first.resampled[4 * i] + 3);
  }
  first.resampled = shorter;
  const ExtraFactors f = extra_factors(kSizes, first, other, kGaps, kResamples);
  EXPECT_EQ(f.extras[3].kind, ExtraKind::kNothing);
  EXPECT_EQ(f.extras[2].kind, ExtraKind::kValue);
  const ExtraFactors none = extra_factors(kSizes, {}, other, kGaps, kResamples);
  EXPECT_EQ(none.extras[2].kind, ExtraKind::kNothing);
}

TEST(ExtraExamples, KindsHaveNames) {
  EXPECT_STREQ(extra_kind_name(ExtraKind::kAtLeast), "at_least");
  EXPECT_STREQ(extra_kind_name(ExtraKind::kFlat), "flat");
}

}  // namespace
}  // namespace selfsame
