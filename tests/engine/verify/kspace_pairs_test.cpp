// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/kspace_pairs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/setup/kspace_setup.hpp"
#include "engine/verify/training_points.hpp"
#include "engine/verify/verification.hpp"
#include "losses/kspace/registry.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

struct TinyKSpacePairs {
  TrainConfig config;
  Stream stream{DeviceKind::kCpu, 1};
  KSpacePairs pairs;
  TinyKSpacePairs(const std::string& objective, std::int64_t lanes, std::int64_t batch = 1,
                  const std::vector<std::string>& overrides = {})
      : config(tiny_kspace_config(overrides)),
        pairs(config, make_kspace_objective(objective, {}), lanes, batch, stream) {
    pairs.set_weights(
        initial_point(make_reconstruction_model(reconstruction_options(config.model))->parameters()));
  }
  std::vector<float> self_supervised(std::int64_t i) { return numbers_of(pairs, pairs.self_supervised(i)); }
  std::vector<float> supervised(std::int64_t i) { return numbers_of(pairs, pairs.supervised(i)); }
};

const std::vector<std::string> kNoNoise{"data.train.noise=0", "data.validation.noise=0"};

TEST(KSpacePairs, AreTheSameForOneLaneAndForFour) {
  TinyKSpacePairs alone("weighted_ssdu", 1), together("weighted_ssdu", 4);
  together.pairs.run(0, 0, true);
  std::vector<float> before;
  for (std::int64_t m = 0; m < 4; ++m) {
    alone.pairs.run(m, 0, true);
    EXPECT_EQ(alone.self_supervised(0), together.self_supervised(m)) << m;
    EXPECT_EQ(alone.supervised(0), together.supervised(m)) << m;
    for (std::size_t x = 0; x < 20; ++x) {
      EXPECT_EQ(alone.pairs.group_difference(0)[x], together.pairs.group_difference(m)[x]);
      EXPECT_EQ(alone.pairs.group_supervised(0)[x], together.pairs.group_supervised(m)[x]);
    }
    EXPECT_NE(alone.self_supervised(0), before) << "draws must differ";
    before = alone.self_supervised(0);
  }
  EXPECT_EQ(alone.pairs.groups(), 20) << "columns";
}

TEST(KSpacePairs, OfSeveralSlicesAreTheMeansOfSingleOnes) {
  TinyKSpacePairs alone("weighted_ssdu", 2), together("weighted_ssdu", 1, 2);
  alone.pairs.run(0, 0, true);
  together.pairs.run(0, 0, true);
  std::vector<float> mean = alone.self_supervised(0);
  const std::vector<float> other = alone.self_supervised(1);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] = (mean[i] + other[i]) / 2;
  }
  EXPECT_LT(distance(mean, together.self_supervised(0)), 1e-5 * norm(mean));
  for (std::size_t x = 0; x < 20; ++x) {
    const double want = (alone.pairs.group_supervised(0)[x] + alone.pairs.group_supervised(1)[x]) / 2;
    EXPECT_NEAR(together.pairs.group_supervised(0)[x], want, 1e-5 * (1 + std::abs(want)));
  }
}

TEST(KSpacePairs, OfTheSupervisedObjectiveAreEqualWithoutNoise) {
  TinyKSpacePairs tiny("supervised_kspace", 2, 1, kNoNoise);
  tiny.pairs.run(0, 0, true);
  for (std::int64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(tiny.self_supervised(i), tiny.supervised(i));
    EXPECT_GT(norm(tiny.supervised(i)), 1e-6);
    for (const double d : tiny.pairs.group_difference(i)) {
      EXPECT_EQ(d, 0);
    }
  }
}

// The supervised objective compares with what was measured, noise and all; the risk with k-space without it.
TEST(KSpacePairs, CompareWithTheTruthWithoutNoise) {
  TinyKSpacePairs tiny("supervised_kspace", 2);
  tiny.pairs.run(0, 0, true);
  for (std::int64_t i = 0; i < 2; ++i) {
    const double d = distance(tiny.self_supervised(i), tiny.supervised(i));
    EXPECT_GT(d, 1e-4 * norm(tiny.supervised(i)));
    EXPECT_LT(d, norm(tiny.supervised(i))) << "the noise is 0.01 only";
  }
}

TEST(KSpacePairs, DrawMasksAnewEvenOfAFrozenMask) {
  TinyKSpacePairs tiny("weighted_ssdu", 1, 1, {"kspace.mask.frozen=true"});
  std::set<std::vector<float>> different;
  for (std::int64_t m = 0; m < 40; ++m) {
    tiny.pairs.run(m, 0, true);
    different.insert(tiny.supervised(0));
  }
  // Of 6 slices; with one input set for each there would be 6. Two draws of a slice may have the same by
  // chance.
  EXPECT_GT(different.size(), 30u);
}

TEST(KSpacePairs, OfMagnitudesHaveNoColumns) {
  TinyKSpacePairs tiny("supervised_image", 1);
  EXPECT_EQ(tiny.pairs.groups(), 0);
  tiny.pairs.run(0, 0, true);
  EXPECT_EQ(tiny.self_supervised(0), tiny.supervised(0));
}

TEST(KSpacePairs, KnowTheWeightsOfTheirLaw) {
  TinyKSpacePairs tiny("weighted_ssdu", 1);
  const std::vector<double> weights = tiny.pairs.risk_weights_of_law();
  ASSERT_EQ(weights.size(), 20u);
  EXPECT_GT(*std::max_element(weights.begin(), weights.end()), 1.0);
}

struct Scene {
  TrainConfig config;
  Stream stream{DeviceKind::kCpu, 2};
  std::vector<TrainedPoint> points;
  explicit Scene(const char* mask = R"({"type": "bernoulli", "center_fraction": 0.2, "probability": 0.7})")
      : config(parse_train_config(kTinyKSpaceRun, "tiny", ".",
                                  std::vector<std::string>{fmt::format("kspace.mask={}", mask)})),
        points(train_points(config, 4, stream, [](std::int64_t) { return true; })) {}
  Comparison compare(const std::string& name, double tolerance, const ObjectiveOptions& options = {}) {
    KSpacePairs pairs(config, make_kspace_objective(name, options), 4, 2, stream);
    VerificationOptions rule;
    rule.most_draws = 128;
    rule.tolerance = tolerance;
    return compare_gradients(pairs, points[0], 0, rule, [](std::int64_t, std::int64_t) { return true; });
  }
};

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
