// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/pair_maker.hpp"

#include <gtest/gtest.h>

#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

TEST(PairMaker, MakesPairsOfImagesWithTheNoiseOfTheConfiguration) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  PairMaker maker(config, 0, 3, 2, stream);
  EXPECT_EQ(maker.text(), "12 images, crops of 16x16, gaussian noise drawn anew");
  EXPECT_EQ(maker.scene().noise.type, NoiseType::kGaussian);
  EXPECT_FLOAT_EQ(maker.scene().noise.sigma, 25.0f / 255.0f);
  EXPECT_EQ(maker.scene().batch, 2);
  const auto pairs = maker.make({"a label", "sure", {}});
  EXPECT_EQ(pairs->lanes(), 3);
  EXPECT_EQ(pairs->groups(), 0);
  EXPECT_EQ(pairs->claims().front().risk, "E|f(y) - x|^2");
  EXPECT_FALSE(pairs->tensors().empty());
}

TEST(PairMaker, MakesSmallerCrops) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  const PairMaker maker(config, 8, 1, 1, stream);
  EXPECT_EQ(maker.scene().crop.height, 8);
  EXPECT_EQ(maker.scene().crop.width, 8);
  EXPECT_NE(maker.text().find("crops of 8x8"), std::string::npos) << maker.text();
}

TEST(PairMaker, MakesPairsOfKSpaceWithTheMaskOfTheSubject) {
  const TrainConfig config = tiny_kspace_config(
      {R"(kspace.mask={"type": "random_count", "center_fraction": 0.3, "acceleration": 2})"});
  Stream stream(DeviceKind::kCpu, 1);
  PairMaker maker(config, 0, 2, 1, stream);
  EXPECT_NE(maker.text().find("random_count masks"), std::string::npos) << maker.text();
  const auto pairs = maker.make({"weighted_ssdu", "weighted_ssdu", {}});
  EXPECT_EQ(pairs->groups(), 20);
  EXPECT_EQ(pairs->lanes(), 2);
  // Columns that are drawn together are not what this one is made for.
  Subject subject{"noisier2noise_kspace", "noisier2noise_kspace", {}};
  subject.variable_density = true;
  const auto independent = maker.make(subject);
  EXPECT_NO_THROW(independent->run(0, 0, true));
  subject.variable_density = false;
  EXPECT_THROW(maker.make(subject)->run(0, 0, true), Error);
}

// With the noisy target as the truth everything would look unbiased.
TEST(PairMaker, RefusesPairsWithoutGroundTruth) {
  TrainConfig config = tiny_image_config({R"(objective={"type": "noise2noise"})"});
  PairsSourceConfig pairs;
  pairs.inputs = "inputs";
  pairs.targets = "targets";
  config.data.train = pairs;
  Stream stream(DeviceKind::kCpu, 1);
  try {
    PairMaker maker(config, 0, 1, 1, stream);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("/data/train: the targets of these pairs are noisy"),
              std::string::npos)
        << error.what();
  }
}

TEST(PairMaker, RefusesObjectivesForOtherNoise) {
  const TrainConfig config = tiny_image_config();
  Stream stream(DeviceKind::kCpu, 1);
  PairMaker maker(config, 0, 1, 1, stream);
  EXPECT_THROW(static_cast<void>(maker.make({"x", "sure_poisson", {}})), Error);
  EXPECT_THROW(static_cast<void>(maker.make({"x", "no_such", {}})), Error);
}

}  // namespace
}  // namespace selfsame
