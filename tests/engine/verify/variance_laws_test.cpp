// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_laws.hpp"

#include <gtest/gtest.h>

<<<<<<< HEAD
#include <array>
#include <cmath>

#include "engine/setup/kspace_setup.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"
=======
#include "engine/verify/training_points.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"
>>>>>>> objectives

namespace selfsame {
namespace {

<<<<<<< HEAD
/// Measured and predicted excess agree within five standard errors of the measurement and a tenth for the
/// prediction, which has an error of its own.
void expect_predicted(const VarianceLaw::Point& p, double own_error) {
  const double error = (p.upper - p.lower) / (2 * 1.96);
  EXPECT_GT(error, 0);
  EXPECT_LT(p.lower, p.excess);
  EXPECT_GT(p.upper, p.excess);
  EXPECT_NEAR(p.excess, p.predicted, 5 * std::hypot(error, own_error * p.predicted)) << "at " << p.x;
}

TEST(VarianceLaws, ExcessOfNoise2NoiseIsQuadraticInTheTargetsNoise) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  const TrainedPoint point = initial_point(make_model(model_options(config.model))->parameters());
  const std::array sigmas{0.1, 0.2};
  const VarianceLaw law = noise_variance_law(config, 8, sigmas, point, {256, 32}, stream);
  ASSERT_EQ(law.points.size(), 2u);
  EXPECT_DOUBLE_EQ(law.expected_ratio, 4);
  EXPECT_LT(law.ratio_lower, law.ratio);
  EXPECT_GT(law.ratio_upper, law.ratio);
  // A 95 % interval of some hundred draws, widened to five standard errors.
  EXPECT_NEAR(law.ratio, 4, 5 * (law.ratio_upper - law.ratio_lower) / (2 * 1.96));
  EXPECT_LT(law.ratio_upper - law.ratio_lower, 2) << "or it says nothing";
  EXPECT_NEAR(law.points[1].predicted, 4 * law.points[0].predicted, 0.2 * law.points[1].predicted);
  for (const VarianceLaw::Point& p : law.points) {
    expect_predicted(p, 0.05);
  }
  EXPECT_FALSE(law.name.empty() || law.x_label.empty());
}

// Different levels are measured on different draws: on the same ones the ratio of the two would be 4 whatever
// the network, as target noise enters linearly, and no measurement at all.
TEST(VarianceLaws, LevelsAreMeasuredOnDrawsOfTheirOwn) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  const TrainedPoint point = initial_point(make_model(model_options(config.model))->parameters());
  const std::array sigmas{0.1, 0.1};
  const VarianceLaw law = noise_variance_law(config, 8, sigmas, point, {32, 8}, stream);
  EXPECT_NE(law.points[0].excess, law.points[1].excess);
  EXPECT_GT(std::abs(law.ratio - 1), 1e-4);
  EXPECT_EQ(law.expected_ratio, 1);
}

TEST(VarianceLaws, ExcessOfAMaskedTargetIsLinearInOneOverItsProbability) {
  const TrainConfig config = tiny_kspace_config(
      {"data.train.noise=0", "data.validation.noise=0", R"(objective={"type": "supervised_kspace"})"});
  Stream stream(DeviceKind::kCpu, 1);
  const TrainedPoint point =
      initial_point(make_reconstruction_model(reconstruction_options(config.model))->parameters());
  const std::array probabilities{0.4, 0.6};
  const VarianceLaw law = mask_variance_law(config, probabilities, 0.25, point, {256, 32}, stream);
  ASSERT_EQ(law.points.size(), 2u);
  // q = (P - p) / (1 - p), the probability of a column outside the centre to be in the target.
  for (std::size_t i = 0; i < 2; ++i) {
    const double q = (probabilities[i] - 0.25) / 0.75;
    EXPECT_NEAR(law.points[i].x, 1 / q - 1, 0.35 / q) << "as the numbers of columns allow";
    expect_predicted(law.points[i], 0.1);
  }
  EXPECT_NEAR(law.expected_ratio, law.points[1].x / law.points[0].x, 1e-12);
  EXPECT_NEAR(law.ratio, law.expected_ratio, 5 * (law.ratio_upper - law.ratio_lower) / (2 * 1.96));
=======
// Predicted and measured are computed from different draws in different ways; a fifth is more than five
// standard errors of either here.
TEST(VarianceLaws, ExcessGrowsWithTheSquareOfTheTargetsNoise) {
  const TrainConfig config = parse_train_config(kTinyRun);
  Stream stream(DeviceKind::kCpu, 2);
  const auto points = train_points(config, 10, stream, [](std::int64_t) { return true; });
  LawOptions options;
  options.draws = 256;
  options.jacobian_draws = 8;
  const std::vector<double> sigmas{0.1, 0.2};
  const VarianceLaw law = noise_variance_law(config, 8, sigmas, points[1], options, stream);
  EXPECT_EQ(law.expected_ratio, 4.0);
  EXPECT_NEAR(law.ratio, 4.0, 0.8);
  for (const VarianceLaw::Point& p : law.points) {
    EXPECT_NEAR(p.excess / p.predicted, 1.0, 0.2);
  }
}

TEST(VarianceLaws, ExcessGrowsWithTheInverseProbabilityOfATarget) {
  const TrainConfig config = parse_train_config(
      kTinyKSpaceRun, "tiny", ".", std::vector<std::string>{"data.train.noise=0", "data.validation.noise=0"});
  Stream stream(DeviceKind::kCpu, 2);
  const auto points = train_points(config, 4, stream, [](std::int64_t) { return true; });
  LawOptions options;
  options.draws = 512;
  options.jacobian_draws = 64;
  const std::vector<double> probabilities{0.7, 0.5};
  const VarianceLaw law = mask_variance_law(config, probabilities, 0.3, points[1], options, stream);
  EXPECT_GT(law.expected_ratio, 2.0);
  EXPECT_GT(law.expected_ratio, law.ratio_lower - 0.3 * law.expected_ratio);
  EXPECT_LT(law.expected_ratio, law.ratio_upper + 0.3 * law.expected_ratio);
  for (const VarianceLaw::Point& p : law.points) {
    EXPECT_NEAR(p.excess / p.predicted, 1.0, 0.4);
  }
>>>>>>> objectives
}

}  // namespace
}  // namespace selfsame
