// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/study/samples/simulated_study.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kResamples = 200;

std::vector<RiskDraws> draws_of(const SampleResults& results) {
  const ScoreTable table(results);
  const Resampling resampling(results.seeds.size(), results.images.size(), kResamples, 1);
  std::vector<RiskDraws> draws;
  for (std::size_t m = 0; m < results.methods.size(); ++m) {
    draws.push_back(draw_risks(risk_cells(table, m, 0, results.sizes.size()), resampling));
  }
  return draws;
}

SimulatedStudy exact() {
  SimulatedStudy study;
  study.kappa = {1, 2, 4};
  study.image_spread = study.shared_spread = study.own_spread = study.both_spread = 0;
  return study;
}

TEST(SampleLaws, AnExactStudyGivesItsLaw) {
  const SimulatedStudy study = exact();
  const std::vector<RiskDraws> draws = draws_of(study.draw(1));
  const SampleLaw law = law_of(study.sizes, draws[1], kResamples);
  EXPECT_EQ(law.missing, "");
  EXPECT_NEAR(law.exponent.value, 0.5, 1e-4);
  EXPECT_NEAR(law.exponent.low, law.exponent.high, 1e-4);
  EXPECT_NEAR(law.floor.value, 0.001, 1e-5);
  EXPECT_NEAR(law.scale.value, 0.1 * std::sqrt(2), 1e-4);
  const SampleJointLaw joint = joint_law_of(study.sizes, draws, kResamples, 0);
  EXPECT_EQ(joint.missing, "");
  ASSERT_EQ(joint.factors.size(), 3u);
  EXPECT_DOUBLE_EQ(joint.factors[0].value, 1);
  EXPECT_NEAR(joint.factors[1].value, 2, 1e-3);
  EXPECT_NEAR(joint.factors[2].value, 4, 1e-3);
  EXPECT_EQ(joint.offset.value, 0);
}

TEST(SampleLaws, SayWhyThereIsNone) {
  SimulatedStudy study = exact();
  study.sizes = {20, 40, 80};
  std::vector<RiskDraws> draws = draws_of(study.draw(1));
  EXPECT_EQ(law_of(study.sizes, draws[0], kResamples).missing, "3 numbers of examples, a power law needs 4");
  EXPECT_EQ(joint_law_of(study.sizes, draws, kResamples, 0).missing,
            "3 numbers of examples, a power law needs 4");
  EXPECT_FALSE(joint_law_of(study.sizes, draws, kResamples, 0).factors[1].known());

  study = exact();
  study.risk = [](double) { return 0.01; };
  study.own_spread = 0.05;
  draws = draws_of(study.draw(1));
  EXPECT_EQ(law_of(study.sizes, draws[0], kResamples).missing,
            "the risk with 640 examples is not clearly below that with 20");

  study = exact();
  study.risk = [](double n) { return std::pow(n, -3.0); };
  draws = draws_of(study.draw(1));
  EXPECT_EQ(law_of(study.sizes, draws[0], kResamples).missing, "no exponent between 0.02 and 2 fits");
}

TEST(SampleLaws, MethodsOfFewSizesStayOutOfTheJointLaw) {
  const SimulatedStudy study = exact();
  SampleResults results = study.draw(1);
  std::erase_if(results.runs, [](const SampleRun& run) { return run.method == 1 && run.size >= 2; });
  const SampleJointLaw joint = joint_law_of(study.sizes, draws_of(results), kResamples, 0);
  EXPECT_FALSE(joint.factors[1].known());
  EXPECT_NEAR(joint.factors[2].value, 4, 1e-3);
  std::erase_if(results.runs, [](const SampleRun& run) { return run.method == 2; });
  EXPECT_EQ(joint_law_of(study.sizes, draws_of(results), kResamples, 0).missing,
            "no other method has 3 numbers of examples");
}

TEST(SampleLaws, OneSeedGivesValuesWithoutIntervals) {
  SimulatedStudy study = exact();
  study.seeds = 1;
  const std::vector<RiskDraws> draws = draws_of(study.draw(1));
  const SampleLaw law = law_of(study.sizes, draws[0], kResamples);
  EXPECT_NEAR(law.exponent.value, 0.5, 1e-4);
  EXPECT_FALSE(law.exponent.bounded());
  EXPECT_FALSE(joint_law_of(study.sizes, draws, kResamples, 0).factors[1].bounded());
}

}  // namespace
}  // namespace selfsame
