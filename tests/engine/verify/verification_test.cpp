// SPDX-License-Identifier: Apache-2.0
// From a configuration to a verdict, on a network that takes no time: pairs, points of training, comparisons.
#include "engine/verify/verification.hpp"

#include <gtest/gtest.h>

#include "engine/setup/setup.hpp"
#include "engine/verify/pair_maker.hpp"
#include "engine/verify/training_points.hpp"
#include "losses/registry.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

struct Scene {
  TrainConfig config = parse_train_config(kTinyRun);
  Stream stream{DeviceKind::kCpu, 2};
  PairMaker maker{config, 0, 8, 2, stream};
  std::vector<TrainedPoint> points = train_points(config, 10, stream, [](std::int64_t) { return true; });
  Comparison compare(const Subject& subject, double tolerance, std::int64_t draws = 512) {
    VerificationOptions options;
    options.most_draws = draws;
    options.tolerance = tolerance;
    const auto pairs = maker.make(subject);
    return compare_gradients(*pairs, points[1], subject.claim, options,
                             [](std::int64_t, std::int64_t) { return true; });
  }
};

TEST(Verification, PointsAreThoseOfTheTraining) {
  Scene scene;
  ASSERT_EQ(scene.points.size(), 3u);
  EXPECT_EQ(scene.points[0].name, "initial");
  EXPECT_EQ(scene.points[1].name, "step 5");
  EXPECT_EQ(scene.points[2].name, "step 10");
  EXPECT_NE(scene.points[0].values, scene.points[1].values);
  const auto again = train_points(scene.config, 5, scene.stream, [](std::int64_t) { return true; });
  EXPECT_EQ(again.back().values,
            train_points(scene.config, 5, scene.stream, [](std::int64_t) { return true; }).back().values);
  const auto stopped = train_points(scene.config, 10, scene.stream, [](std::int64_t s) { return s < 5; });
  EXPECT_EQ(stopped.size(), 2u);
  EXPECT_EQ(stopped.back().values, scene.points[1].values);
}

TEST(Verification, APairIsTheSameWhateverIsMadeBesideIt) {
  Scene scene;
  const Subject subject{"noise2noise", "noise2noise", {}};
  PairMaker alone(scene.config, 0, 1, 2, scene.stream);
  const auto eight = scene.maker.make(subject), one = alone.make(subject);
  eight->set_weights(scene.points[1]);
  one->set_weights(scene.points[1]);
  eight->run(16, 0, true);
  one->run(19, 0, true);
  for (const GradientTensor& t : one->tensors()) {
    for (std::int64_t k = t.offset; k < t.offset + t.count; ++k) {
      ASSERT_EQ(eight->self_supervised(3)[k], one->self_supervised(0)[k]) << t.name;
      ASSERT_EQ(eight->supervised(3)[k], one->supervised(0)[k]) << t.name;
    }
  }
}

TEST(Verification, TheSupervisedObjectiveIsItsOwnRisk) {
  Scene scene;
  const auto pairs = scene.maker.make({"supervised", "supervised", {}});
  pairs->set_weights(scene.points[1]);
  pairs->run(0, 0, true);
  double size = 0;
  for (std::int64_t i = 0; i < pairs->lanes(); ++i) {
    for (const GradientTensor& t : pairs->tensors()) {
      for (std::int64_t k = t.offset; k < t.offset + t.count; ++k) {
        ASSERT_EQ(pairs->self_supervised(i)[k], pairs->supervised(i)[k]);
        size += std::abs(static_cast<double>(pairs->supervised(i)[k]));
      }
    }
  }
  EXPECT_GT(size, 0);
}

TEST(Verification, SaysUnbiasedOfNoise2NoiseAndBoundsTheBias) {
  Scene scene;
  const Comparison c = scene.compare({"noise2noise", "noise2noise", {}}, 0.1, 2048);
  EXPECT_TRUE(c.as_claimed()) << verdict_name(c.verdict) << ", bound " << c.upper;
  EXPECT_LE(c.upper, 0.1);
  EXPECT_GT(c.variance.lower, 1.0);  // target noise costs variance
  EXPECT_EQ(c.layers.size(), scene.maker.make({"supervised", "supervised", {}})->tensors().size());
  EXPECT_EQ(c.draws, c.looks.back().draws);
}

TEST(Verification, FlagsTheNegativeControls) {
  Scene scene;
  for (Subject subject : image_controls(noise_model(scene.config.noise))) {
    if (subject.objective == "noise2self" || subject.objective == "noise2noise_normalized") {
      continue;  // need more draws than a test has time for
    }
    Comparison c = scene.compare(subject, 1e-9);
    c.control = true;
    EXPECT_TRUE(c.as_claimed()) << subject.label << ": " << verdict_name(c.verdict) << ", p " << c.p_value;
  }
}

TEST(Verification, StopsWhenAskedTo) {
  Scene scene;
  const Subject subject{"noise2noise", "noise2noise", {}};
  const auto pairs = scene.maker.make(subject);
  VerificationOptions options;
  options.tolerance = 1e-6;
  const Comparison c = compare_gradients(*pairs, scene.points[1], 0, options,
                                         [](std::int64_t done, std::int64_t) { return done < 32; });
  EXPECT_LT(c.draws, 64);
  EXPECT_EQ(c.verdict, Verdict::kInconclusive);
}

TEST(Subjects, CoverEveryObjectiveThatTheNoiseAllows) {
  NoiseModel gaussian, poisson;
  gaussian.type = NoiseType::kGaussian;
  gaussian.sigma = 0.1f;
  poisson.type = NoiseType::kPoisson;
  const auto names = [](const std::vector<Subject>& subjects) {
    std::set<std::string> set;
    for (const Subject& s : subjects) {
      set.insert(s.objective);
    }
    return set;
  };
  for (const ObjectiveInfo& info : objectives()) {
    const std::string name(info.name);
    const bool one = names(image_subjects(gaussian)).contains(name) ||
                     names(image_subjects(poisson)).contains(name) || name == "sure_poisson_gaussian";
    EXPECT_EQ(one, name != "supervised") << name;
  }
  for (const Subject& control : image_controls(gaussian)) {
    EXPECT_TRUE(control.control) << control.label;
  }
  EXPECT_GE(image_controls(gaussian).size(), 6u);
}

}  // namespace
}  // namespace selfsame
