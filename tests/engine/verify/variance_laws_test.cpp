// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/variance_laws.hpp"

#include <gtest/gtest.h>

#include "engine/verify/training_points.hpp"
#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

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
}

}  // namespace
}  // namespace selfsame
