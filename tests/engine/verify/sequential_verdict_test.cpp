// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/sequential_verdict.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"
#include "tests/engine/verify/synthetic_draws.hpp"

namespace selfsame {
namespace {

using Looks = std::vector<Look>;

std::optional<Verdict> after(const Looks& looks) {
  SequentialVerdict sequential(SequentialPlan::doubling(256));
  std::optional<Verdict> verdict;
  for (const Look& look : looks) {
    verdict = sequential.look(look);
  }
  return verdict;
}

TEST(SequentialVerdict, SpendsItsAlpha) {
  const SequentialPlan plan = SequentialPlan::doubling(1000);
  EXPECT_EQ(plan.looks, (std::vector<std::int64_t>{64, 128, 256, 1000}));
  double level = 0, error = 0;
  for (std::size_t k = 0; k < plan.looks.size(); ++k) {
    level += plan.level(k);
    error += 1 - plan.bound_confidence(k);
  }
  EXPECT_NEAR(level, 0.05, 1e-12);
  EXPECT_NEAR(error, 0.05, 1e-12);
  EXPECT_NEAR(plan.level(3), 0.045, 1e-12);
  EXPECT_EQ(SequentialPlan::doubling(32).looks, std::vector<std::int64_t>{32});
}

// Evidence is {draws, p, level, estimate, lower, upper}; the tolerance is 0.01, the interim level 0.0025.
TEST(SequentialVerdict, DecidesOnlyWhatIsCertain) {
  const Look open{64, 0.3, 0, 0.02, 0.0, 0.05}, significant{64, 1e-6, 0, 0.02, 0.004, 0.05};
  EXPECT_EQ(after({open}), std::nullopt);
  EXPECT_EQ(after({{64, 0.3, 0, 0, 0, 0.009}}), Verdict::kUnbiased);
  EXPECT_EQ(after({{64, 0.01, 0, 0.02, 0.011, 0.05}}), std::nullopt) << "0.01 is not below 0.0025";
  EXPECT_EQ(after({{64, 1e-6, 0, 0.1, 0.02, 0.3}}), Verdict::kBiased);
  EXPECT_EQ(after({significant}), std::nullopt) << "the size is open";
  EXPECT_EQ(after({significant, {128, 0.2, 0, 0.005, 0.0, 0.008}}), Verdict::kBiasedWithinTolerance);
  EXPECT_EQ(after({significant, {128, 0.2, 0, 0.02, 0.0, 0.04}, {256, 0.2, 0, 0.02, 0.0, 0.03}}),
            Verdict::kBiased);
  EXPECT_EQ(after({open, {128, 0.3, 0, 0.02, 0.0, 0.05}, {256, 0.3, 0, 0.02, 0.0, 0.02}}),
            Verdict::kInconclusive);
}

TEST(SequentialVerdict, AdjustsThePValueAndRefusesOtherLooks) {
  SequentialVerdict sequential(SequentialPlan::doubling(256));
  EXPECT_THROW(sequential.look(Look{128, 0.1, 0, 0, 0, 1}), Error);
  sequential.look(Look{64, 0.001, 0, 0, 0, 1});
  EXPECT_NEAR(sequential.adjusted_p_value(), 0.001 * 20, 1e-12);
  SequentialPlan bad;
  EXPECT_THROW(SequentialVerdict{bad}, Error);
  bad.looks = {64, 64};
  EXPECT_THROW(SequentialVerdict{bad}, Error);
  bad.looks = {64};
  bad.alpha = 1.5;
  EXPECT_THROW(SequentialVerdict{bad}, Error);
}

TEST(SequentialVerdict, SlowKeepsItsLevelAndFindsBias) {
  SequentialPlan plan = SequentialPlan::doubling(256);
  plan.tolerance = 0.05;
  CalibrationOptions options;
  options.repeats = 300;
  SyntheticDraws null({.skewed = false});
  const SequentialCalibration level = calibrate_sequential(null.sketch, null.generator(), plan, options);
  EXPECT_LE(level.significant.interval().lower, 0.05);
  EXPECT_LE(level.significant.hits, 29);  // Binomial(300, 0.05): 15 + 3.8 deviations
  options.repeats = 100;
  SyntheticDraws biased({.skewed = false, .bias = 0.5, .redraw_bias = true});
  SequentialCalibration power = calibrate_sequential(biased.sketch, biased.generator(), plan, options);
  EXPECT_EQ(power.significant.hits, 100);
  EXPECT_GE(power.verdicts[Verdict::kBiased], 99);
  // Little noise: the bound is within the tolerance at the first looks, with and without a small bias.
  plan.tolerance = 0.2;
  SyntheticDraws quiet({.skewed = false, .noise = 0.1});
  SequentialCalibration early = calibrate_sequential(quiet.sketch, quiet.generator(), plan, options);
  EXPECT_GE(early.verdicts[Verdict::kUnbiased], 93);
  EXPECT_LT(early.mean_draws, 100);
}

}  // namespace
}  // namespace selfsame
