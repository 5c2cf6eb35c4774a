// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"
#include "tests/engine/study/samples/simulated_study.hpp"

namespace selfsame {
namespace {

AnswerOptions quick() {
  AnswerOptions options;
  options.resamples = 400;
  return options;
}

bool holds(const SampleInterval& interval, double truth) {
  return interval.low <= truth && truth <= interval.high;
}

/// How often an interval missed what it should hold.
struct Misses {
  std::int64_t missed = 0, all = 0;
  void add(const SampleInterval& interval, double truth) {
    EXPECT_TRUE(interval.bounded());
    missed += holds(interval, truth) ? 0 : 1;
    ++all;
  }
  /// Between which rates the true one is, wrongly once in 10,000.
  [[nodiscard]] ProbabilityInterval rate() const { return binomial_interval(missed, all, 0.9999); }
};

TEST(SampleAnswer, AnswersAStudyWhoseAnswerIsKnown) {
  SimulatedStudy study;
  study.kappa = {1, 2, 4};
  study.seeds = 5;
  const SampleResults results = study.draw(3);
  const SampleAnswer answer = answer_of(results);
  ASSERT_EQ(answer.points.size(), 18u);
  ASSERT_EQ(answer.gaps.size(), 12u);
  ASSERT_EQ(answer.extras.size(), 12u);
  EXPECT_EQ(answer.point(2, 3).method, 2u);
  EXPECT_EQ(answer.gap(2, 3).method, 2u);
  EXPECT_EQ(answer.extra(1, 3).size, 3u);
  EXPECT_EQ(answer.point(0, 0).runs, 5);
  EXPECT_FALSE(answer.point(0, 0).ssim.known());  // not measured
  EXPECT_TRUE(answer.point(0, 0).psnr.bounded());
  for (std::size_t m : {1u, 2u}) {
    EXPECT_TRUE(holds(answer.factors[m], study.kappa[m]));
    EXPECT_TRUE(holds(answer.joint.factors[m], study.kappa[m]));
    EXPECT_TRUE(answer.trends[m - 1].clear);
    EXPECT_GT(answer.trends[m - 1].change.low, 0);  // the gap closes
    EXPECT_LT(answer.trends[m - 1].remaining.high, 1);
    EXPECT_TRUE(std::ranges::is_sorted(answer.curves[m], std::greater<>()));
  }
  EXPECT_TRUE(holds(answer.laws[0].exponent, 0.5));
  EXPECT_TRUE(answer.notes.empty()) << answer.notes[0];
  EXPECT_EQ(answer.sentence.find("For the risk of supervised, method 1 needs "), 0u) << answer.sentence;
  const SampleAnswer again = answer_of(results);
  EXPECT_EQ(again.joint.factors[1].low, answer.joint.factors[1].low);
  EXPECT_EQ(again.sentence, answer.sentence);
}

// One image and normal deviations: intervals are exact but for the curvature of the logarithm.
TEST(SampleAnswer, SlowIntervalsOverSeedsAloneAreExact) {
  for (const std::int64_t seeds : {3, 5}) {
    SimulatedStudy study;
    study.seeds = seeds;
    study.images = 1;
    study.image_spread = study.both_spread = 0;
    study.sizes = {20, 80};
    AnswerOptions options = quick();
    options.laws = false;
    Misses risk, gap;
    for (std::uint64_t number = 1; number <= 500; ++number) {
      const SampleAnswer answer = answer_of(study.draw(number), options);
      risk.add(answer.point(0, 1).risk, study.mean_risk(0, 1));
      gap.add(answer.gap(1, 0).risk, study.mean_risk(1, 0) - study.mean_risk(0, 0));
    }
    for (const Misses* misses : {&risk, &gap}) {
      EXPECT_LE(misses->rate().lower, 0.05) << seeds << ": " << misses->missed;
      EXPECT_GE(misses->rate().upper, 0.05) << seeds << ": " << misses->missed;
    }
  }
}

TEST(SampleAnswer, SlowIntervalsOverSeedsAndImagesHoldTheTruth) {
  for (const std::int64_t seeds : {3, 5}) {
    SimulatedStudy study;
    study.seeds = seeds;
    Misses risk, gap, together, joint, exponent;
    std::int64_t wrong_bounds = 0, values = 0, value_misses = 0;
    for (std::uint64_t number = 1; number <= 150; ++number) {
      const SampleAnswer answer = answer_of(study.draw(number), quick());
      risk.add(answer.point(1, 2).risk, study.mean_risk(1, 2));
      gap.add(answer.gap(1, 4).risk, study.mean_risk(1, 4) - study.mean_risk(0, 4));
      together.add(answer.factors[1], 2);
      joint.add(answer.joint.factors[1], 2);
      exponent.add(answer.laws[0].exponent, 0.5);
      const ExtraExamples& extra = answer.extra(1, 3);
      if (extra.kind == ExtraKind::kValue) {
        ++values;
        value_misses += holds(extra.factor, 2) ? 0 : 1;
      }
      for (std::size_t size = 0; size < 6; ++size) {
        const ExtraExamples& bound = answer.extra(1, size);
        wrong_bounds += bound.kind == ExtraKind::kAtLeast && bound.factor.low > 2 * (1 + 1e-12) ? 1 : 0;
        wrong_bounds += bound.kind == ExtraKind::kAtMost && bound.factor.high < 2 ? 1 : 0;
      }
    }
    for (const Misses* misses : {&risk, &gap, &together, &joint, &exponent}) {
      EXPECT_LE(misses->rate().lower, 0.05) << seeds << ": " << misses->missed;
    }
    EXPECT_GT(values, 100);  // most studies have a factor at N = 160
    EXPECT_LE(binomial_interval(value_misses, values, 0.9999).lower, 0.05) << seeds;
    // At most a bound per study: one-sided at 2.5 %.
    EXPECT_LE(binomial_interval(wrong_bounds, 150, 0.9999).lower, 0.025) << seeds;
  }
}

TEST(SampleAnswer, SlowMethodsThatAreEqualAreMerged) {
  SimulatedStudy study;
  study.kappa = {1, 1};
  AnswerOptions options = quick();
  options.laws = false;
  std::int64_t claims = 0;
  for (std::uint64_t number = 1; number <= 200; ++number) {
    const SampleAnswer answer = answer_of(study.draw(number), options);
    claims += answer.trends[0].clear ? 1 : 0;
    EXPECT_TRUE(answer.trends[0].clear || !answer.factors[1].known());
  }
  // 5 % by the mean over sizes, and 5 % by the largest.
  EXPECT_LE(binomial_interval(claims, 200, 0.9999).lower, 0.1) << claims;
  const SampleAnswer answer = answer_of(study.draw(1), options);
  EXPECT_NE(answer.sentence.find("cannot be told apart"), std::string::npos) << answer.sentence;
}

TEST(SampleAnswer, AFlatCurveGivesNoFactor) {
  SimulatedStudy study;
  study.sizes = {20, 40, 80};
  study.risk = [](double) { return 0.01; };
  SampleResults results = study.draw(1);
  for (SampleRun& run : results.runs) {
    for (SampleScore& score : run.scores) {
      score.mse *= run.method == 1 ? 1.5 : 1;
    }
  }
  const SampleAnswer answer = answer_of(results, quick());
  for (std::size_t size = 0; size < 3; ++size) {
    EXPECT_TRUE(answer.gap(1, size).significant);
    EXPECT_EQ(answer.extra(1, size).kind, ExtraKind::kFlat);
  }
  EXPECT_FALSE(answer.factors[1].known());
  EXPECT_NE(answer.sentence.find("cannot be said"), std::string::npos) << answer.sentence;
}

TEST(SampleAnswer, PartialStudiesUseWhatMethodsShare) {
  SimulatedStudy study;
  study.kappa = {1, 2, 4};
  SampleResults results = study.draw(1);
  std::erase_if(results.runs, [](const SampleRun& run) {
    return run.method == 2 || (run.method == 1 && run.size == 4 && run.seed == 1) ||
           (run.method == 1 && run.size == 5 && run.seed > 0) || (run.method == 1 && run.size == 3);
  });
  results.runs[1].failure = "diverged";  // the first method, N = 20, seed 1
  results.runs[1].scores.clear();
  const SampleAnswer answer = answer_of(results, quick());
  EXPECT_EQ(answer.point(0, 0).runs, 2);
  EXPECT_EQ(answer.gap(1, 0).seeds, 2);
  EXPECT_EQ(answer.gap(1, 4).seeds, 2);
  EXPECT_EQ(answer.gap(1, 3).seeds, 0);
  EXPECT_FALSE(answer.gap(1, 3).risk.known());
  EXPECT_EQ(answer.extra(1, 3).kind, ExtraKind::kNothing);
  EXPECT_TRUE(answer.gap(1, 5).risk.known());
  EXPECT_FALSE(answer.gap(1, 5).risk.bounded());
  EXPECT_EQ(answer.extra(1, 5).kind, ExtraKind::kNothing);  // one seed
  EXPECT_EQ(answer.extra(1, 2).kind, ExtraKind::kValue);
  EXPECT_TRUE(std::isnan(answer.curves[1][3]));
  EXPECT_EQ(answer.extra(2, 0).kind, ExtraKind::kNothing);
  EXPECT_NE(answer.sentence.find("method 2 has no runs to compare yet"), std::string::npos)
      << answer.sentence;
  std::string notes;
  for (const std::string& note : answer.notes) {
    notes += note + "\n";
  }
  EXPECT_NE(notes.find("30 of 54 runs are done"), std::string::npos) << notes;
  EXPECT_NE(notes.find("The run of supervised, N = 20, seed 1 failed: diverged."), std::string::npos)
      << notes;
  EXPECT_NE(notes.find(
                "method 1 and supervised are compared by the seeds that both have: 2 of 3 seeds at N = 20, 0 "
                "of 3 seeds at N = 160, 2 of 3 seeds at N = 320, 1 of 3 seeds at N = 640."),
            std::string::npos)
      << notes;
  EXPECT_NE(notes.find("method 1: one seed at N = 640"), std::string::npos) << notes;
  EXPECT_NE(notes.find("No power law for method 2: 0 numbers"), std::string::npos) << notes;
}

TEST(SampleAnswer, OneSeedHasNoIntervals) {
  SimulatedStudy study;
  study.seeds = 1;
  study.own_spread = study.shared_spread = study.both_spread = 0;
  const SampleAnswer answer = answer_of(study.draw(1), quick());
  EXPECT_TRUE(answer.point(1, 2).risk.known());
  EXPECT_FALSE(answer.point(1, 2).risk.bounded());
  EXPECT_FALSE(answer.gap(1, 2).significant);
  EXPECT_EQ(answer.extra(1, 2).kind, ExtraKind::kEstimate);
  EXPECT_NEAR(answer.factors[1].value, 2, 0.02);  // a curve of chords
  EXPECT_FALSE(answer.factors[1].bounded());
  EXPECT_NE(answer.sentence.find("one seed, so no interval"), std::string::npos) << answer.sentence;
  EXPECT_NE(answer.notes.front().find("One seed"), std::string::npos);
}

TEST(SampleAnswer, AStudyOfNothingHasAnAnswer) {
  SimulatedStudy study;
  SampleResults results = study.draw(1);
  results.runs.clear();
  SampleAnswer answer = answer_of(results, quick());
  EXPECT_EQ(answer.points.size(), 12u);
  EXPECT_FALSE(answer.point(0, 0).risk.known());
  EXPECT_EQ(answer.sentence, "For the risk of supervised, method 1 has no runs to compare yet.");
  results.methods.pop_back();
  answer = answer_of(results, quick());
  EXPECT_TRUE(answer.extras.empty());
  results.sizes = {0};
  EXPECT_THROW((void)answer_of(results), Error);
}

}  // namespace
}  // namespace selfsame
