// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/kspace_pairs.hpp"

#include <gtest/gtest.h>

#include "engine/verify/training_points.hpp"
#include "engine/verify/verification.hpp"
#include "losses/kspace/registry.hpp"
#include "tests/support/tiny_kspace_run.hpp"

namespace selfsame {
namespace {

struct Scene {
  TrainConfig config;
  Stream stream{DeviceKind::kCpu, 2};
  std::vector<TrainedPoint> points;
  explicit Scene(const char* mask = R"({"type": "bernoulli", "center_fraction": 0.2, "probability": 0.7})")
      : config(parse_train_config(kTinyKSpaceRun, "tiny", ".",
                                  std::vector<std::string>{std::string("kspace.mask=") + mask})),
        points(train_points(config, 4, stream, [](std::int64_t) { return true; })) {}
  Comparison compare(const std::string& name, double tolerance, const ObjectiveOptions& options = {}) {
    KSpacePairs pairs(config, make_kspace_objective(name, options), 4, 2, stream);
    VerificationOptions rule;
    rule.most_draws = 1024;
    rule.tolerance = tolerance;
    return compare_gradients(pairs, points[0], 0, rule, [](std::int64_t, std::int64_t) { return true; });
  }
};

TEST(KSpacePairs, TheSupervisedObjectiveOnlyDiffersByTheNoiseOfItsTruth) {
  Scene scene;
  KSpacePairs pairs(scene.config, make_kspace_objective("supervised_kspace", {}), 2, 1, scene.stream);
  pairs.set_weights(scene.points[0]);
  pairs.run(0, 0, true);
  double difference = 0, size = 0;
  for (const GradientTensor& t : pairs.tensors()) {
    for (std::int64_t k = t.offset; k < t.offset + t.count; ++k) {
      difference += std::abs(static_cast<double>(pairs.self_supervised(1)[k]) -
                             static_cast<double>(pairs.supervised(1)[k]));
      size += std::abs(static_cast<double>(pairs.supervised(1)[k]));
    }
  }
  EXPECT_GT(difference, 0);  // the truth has no noise, the k-space of the objective has
  EXPECT_LT(difference, 0.2 * size);
}

TEST(KSpacePairs, WeightedSplittingIsUnbiasedAndUnweightedIsNot) {
  Scene scene;
  const Comparison weighted = scene.compare("weighted_ssdu", 0.3);
  EXPECT_TRUE(weighted.as_claimed()) << verdict_name(weighted.verdict) << ", bound " << weighted.upper;
  EXPECT_EQ(weighted.groups.size(), 20u);          // columns
  Comparison plain = scene.compare("ssdu", 1e-9);  // loses the columns of the centre's share by one factor
  EXPECT_EQ(plain.verdict, Verdict::kBiased);
  EXPECT_LT(plain.bias.scale, 0.9);
}

}  // namespace
}  // namespace selfsame
