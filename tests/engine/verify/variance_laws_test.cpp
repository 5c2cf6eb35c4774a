// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_laws.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "engine/setup/kspace_setup.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

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
}

}  // namespace
}  // namespace selfsame
