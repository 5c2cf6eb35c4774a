// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/setup/kspace_setup.hpp"
#include "engine/verify/training_points.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

bool go_on(std::int64_t, std::int64_t) { return true; }

/// Pairs of four examples at initial weights, for a plan of a few looks.
struct Verified : TinyImagePairs {
  explicit Verified(std::int64_t lanes = 8) : TinyImagePairs(lanes, 4) {}
  static VerificationOptions options(double tolerance = 0.2) {
    VerificationOptions o;
    o.most_draws = 512;
    o.tolerance = tolerance;
    return o;
  }
  Comparison compare(const std::string& objective, std::size_t claim = 0, double tolerance = 0.2) {
    return compare_gradients(*make(objective), point, claim, options(tolerance), go_on);
  }
};

TEST(Verification, FindsNoise2NoiseUnbiased) {
  Verified tiny;
  const Comparison c = tiny.compare("noise2noise");
  EXPECT_EQ(c.verdict, Verdict::kUnbiased) << c.p_value << ", bound " << c.upper;
  EXPECT_TRUE(c.as_claimed());
  EXPECT_GT(c.p_value, 0.05);
  EXPECT_LE(c.upper, 0.2);
  EXPECT_GE(c.upper, c.bias.relative);
  EXPECT_EQ(c.point, "initial");
  EXPECT_GE(c.draws, 64);
  ASSERT_FALSE(c.looks.empty());
  EXPECT_EQ(c.looks.back().draws, c.draws);
  EXPECT_EQ(c.layers.size(), tiny.make("noise2noise")->tensors().size());
  EXPECT_TRUE(c.groups.empty());
  EXPECT_GT(c.variance.ratio, 0);
  EXPECT_LE(c.variance.lower, c.variance.ratio);
  EXPECT_GE(c.variance.upper, c.variance.ratio);
}

TEST(Verification, FindsTheAbsoluteErrorBiased) {
  Verified tiny;
  const Comparison c = tiny.compare("noise2noise_l1", 0, 1e-9);  // by any amount
  EXPECT_EQ(c.verdict, Verdict::kBiased);
  EXPECT_TRUE(c.as_claimed()) << "it says so itself";
  EXPECT_LT(c.p_value, 0.05);
  EXPECT_GT(c.lower, 0);
  // As large a bias as does not matter is told from one that does.
  EXPECT_EQ(tiny.compare("noise2noise_l1").verdict, Verdict::kBiasedWithinTolerance);
}

TEST(Verification, OfTheSupervisedObjectiveHasNoDifferenceAtAll) {
  Verified tiny;
  const Comparison c = tiny.compare("supervised");
  EXPECT_EQ(c.verdict, Verdict::kUnbiased);
  EXPECT_EQ(c.bias.relative, 0);
  EXPECT_NEAR(c.variance.ratio, 1, 1e-9);
  EXPECT_EQ(c.p_value, 1);
}

TEST(Verification, DoesNotDependOnTheNumberOfLanes) {
  Verified four(4), sixteen(16);
  const Comparison a = four.compare("noise2noise"), b = sixteen.compare("noise2noise");
  // Draws that the pilots take, 16, are a multiple of both: the same draws are tested.
  EXPECT_EQ(a.draws, b.draws);
  EXPECT_EQ(a.p_value, b.p_value);
  EXPECT_EQ(a.bias.relative, b.bias.relative);
  EXPECT_EQ(a.variance.ratio, b.variance.ratio);
}

TEST(Verification, FlagsTheNegativeControls) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  PairMaker maker(config, 0, 8, 2, stream);
  const TrainedPoint point = train_points(config, 5, stream, [](std::int64_t) { return true; }).back();
  for (const Subject& subject : image_controls(noise_model(config.noise))) {
    if (subject.objective == "noise2self" || subject.objective == "noise2noise_normalized") {
      continue;  // need more draws than a test has time for
    }
    Comparison c =
        compare_gradients(*maker.make(subject), point, subject.claim, Verified::options(1e-9), go_on);
    c.control = true;
    EXPECT_TRUE(c.as_claimed()) << subject.label << ": " << verdict_name(c.verdict) << ", p " << c.p_value;
  }
}

TEST(Verification, StopsWhenAskedToWithoutAVerdict) {
  Verified tiny;
  std::int64_t asked = 0;
  const Comparison c = compare_gradients(*tiny.make("noise2noise_l1"), tiny.point, 0, tiny.options(),
                                         [&](std::int64_t done, std::int64_t most) {
                                           EXPECT_EQ(most, 512);
                                           asked = done;
                                           return done < 24;
                                         });
  EXPECT_EQ(c.verdict, Verdict::kInconclusive);
  EXPECT_FALSE(c.as_claimed());
  EXPECT_EQ(asked, 24);
  EXPECT_TRUE(c.looks.empty());
}

TEST(Verification, OfKSpaceHasAGroupForEveryColumn) {
  const TrainConfig config = tiny_kspace_config();
  Stream stream(DeviceKind::kCpu, 1);
  PairMaker maker(config, 0, 8, 1, stream);
  const auto pairs = maker.make({"weighted_ssdu", "weighted_ssdu", {}});
  const TrainedPoint point =
      initial_point(make_reconstruction_model(reconstruction_options(config.model))->parameters());
  VerificationOptions options;
  options.most_draws = 64;
  const Comparison c = compare_gradients(*pairs, point, 0, options, go_on);
  EXPECT_EQ(c.draws, 64);
  ASSERT_EQ(c.groups.size(), 20u);
  for (const GroupedDifference::Group& g : c.groups) {
    EXPECT_TRUE(std::isfinite(g.relative)) << g.name;
    EXPECT_GT(g.p_holm, 1e-4) << g.name << ": it is unbiased at every frequency";
  }
  EXPECT_GT(c.p_value, 1e-3);
}

TEST(Verification, IsAsClaimedIfTheVerdictIsWhatIsSaid) {
  Comparison c;
  const auto check = [&](bool unbiased, bool control, Verdict verdict) {
    c.claim.unbiased = unbiased;
    c.control = control;
    c.verdict = verdict;
    return c.as_claimed();
  };
  EXPECT_TRUE(check(true, false, Verdict::kUnbiased));
  EXPECT_TRUE(check(true, false, Verdict::kBiasedWithinTolerance));
  EXPECT_FALSE(check(true, false, Verdict::kBiased));
  EXPECT_FALSE(check(true, false, Verdict::kInconclusive));
  EXPECT_TRUE(check(false, false, Verdict::kBiased));
  EXPECT_FALSE(check(false, false, Verdict::kUnbiased));
  EXPECT_FALSE(check(true, true, Verdict::kUnbiased)) << "a control must be found biased";
  EXPECT_TRUE(check(true, true, Verdict::kBiased));
}

TEST(Verification, RefusesClaimsThatAreNotMade) {
  Verified tiny;
  EXPECT_THROW(static_cast<void>(tiny.compare("noise2noise", 1)), std::out_of_range);
}

}  // namespace
}  // namespace selfsame
