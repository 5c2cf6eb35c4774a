// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/risk_draws.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/study/samples/simulated_study.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kResamples = 400;

RiskDraws draws_of(const SampleResults& results, std::size_t method = 0, std::size_t other = 0) {
  const ScoreTable table(results);
  const Resampling resampling(results.seeds.size(), results.images.size(), kResamples, 1);
  return draw_risks(risk_cells(table, method, other, results.sizes.size()), resampling);
}

TEST(RiskDraws, AreLogarithmsOfMeans) {
  const SampleResults results = SimulatedStudy().draw(1);
  const RiskDraws draws = draws_of(results);
  ASSERT_EQ(draws.sizes.size(), 6u);
  EXPECT_TRUE(draws.repeated);
  EXPECT_EQ(draws.weights[0], 3);
  const ScoreTable table(results);
  EXPECT_DOUBLE_EQ(std::exp(draws.logs[2]), table.cell(0, 2, {0, 1, 2}, &SampleScore::mse).mean);
  EXPECT_EQ(draws.resampled.size(), 6u * kResamples);
  EXPECT_TRUE(draws.falls(kResamples));
  const SampleInterval fall = draws.fall(kResamples);
  EXPECT_DOUBLE_EQ(fall.value, draws.logs[0] - draws.logs[5]);
  EXPECT_LT(fall.low, fall.value);
  EXPECT_GT(fall.high, fall.value);
}

TEST(RiskDraws, AnImageThatIsHardForAllMovesNoRatio) {
  SimulatedStudy study;
  study.shared_spread = study.own_spread = study.both_spread = 0;
  const RiskDraws draws = draws_of(study.draw(1));
  double least = 0, most = 0;
  for (std::size_t i = 0; i < kResamples; ++i) {
    EXPECT_NEAR(draws.row(i)[0] - draws.row(i)[5], draws.logs[0] - draws.logs[5], 1e-12);
    least = std::min(least, draws.row(i)[0] - draws.logs[0]);
    most = std::max(most, draws.row(i)[0] - draws.logs[0]);
  }
  EXPECT_LT(least, -0.1);  // though it moves the risks: the images differ by exp(0.5)
  EXPECT_GT(most, 0.1);
}

TEST(RiskDraws, LeaveOutSizesOfOneSeedAmongSeveral) {
  SampleResults results = SimulatedStudy().draw(1);
  std::erase_if(results.runs, [](const SampleRun& run) {
    return run.method == 0 && ((run.size == 1 && run.seed > 0) || run.size == 3);
  });
  const RiskDraws draws = draws_of(results);
  EXPECT_EQ(draws.sizes, (std::vector<std::size_t>{0, 2, 4, 5}));
  EXPECT_EQ(draws.place(4), 2u);
  EXPECT_EQ(draws.place(3), 4u);
  // The other method: shared seeds where there are any, its own where the first has no runs.
  const RiskDraws other = draws_of(results, 1, 0);
  EXPECT_EQ(other.sizes, (std::vector<std::size_t>{0, 2, 3, 4, 5}));
}

TEST(RiskDraws, OneSeedHasNoResamples) {
  SimulatedStudy study;
  study.seeds = 1;
  const RiskDraws draws = draws_of(study.draw(1));
  EXPECT_EQ(draws.sizes.size(), 6u);
  EXPECT_FALSE(draws.repeated);
  EXPECT_TRUE(draws.resampled.empty());
  EXPECT_TRUE(draws.falls(kResamples));
  EXPECT_FALSE(draws.fall(kResamples).bounded());
  EXPECT_FALSE(RiskDraws{}.fall(kResamples).known());
}

}  // namespace
}  // namespace selfsame
