// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_scorer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/data/dead_leaves.hpp"
#include "engine/training/trainer.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

class Scorer : public testing::Test {
 protected:
  TinySampleStudy tiny_;
  Stream stream_{DeviceKind::kCpu, 1};
  SharedSources sources_;
  SampleScorer scorer_{tiny_.study(), stream_, sources_};
};

TEST_F(Scorer, MeasuresOnTheCleanTestImagesWhateverTheMethodTrainsOn) {
  Trainer trainer({&tiny_.runs[0].config, 1}, stream_, &sources_);
  const std::vector<std::string> images = scorer_.images();
  ASSERT_EQ(images.size(), 3u);
  const std::vector<SampleScore> first = scorer_.score(0, trainer.values(0), trainer.buffers(0));
  ASSERT_EQ(first.size(), 3u);
  for (const std::size_t method : {1u, 2u}) {
    const std::vector<SampleScore> other = scorer_.score(method, trainer.values(0), trainer.buffers(0));
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(other[i].mse, first[i].mse) << "the same weights, method " << method;
      EXPECT_EQ(other[i].psnr, first[i].psnr);
    }
  }
  // The risk is that of the network's output, not clipped: the PSNR, of what is clipped, is no worse.
  for (const SampleScore& score : first) {
    EXPECT_GT(score.mse, 0);
    EXPECT_GE(score.psnr, -10 * std::log10(score.mse) - 1e-9);
  }
}

TEST_F(Scorer, OfTheIdentitySeesTheNoiseAlone) {
  Trainer trainer({&tiny_.runs[0].config, 1}, stream_, &sources_);
  const auto count = static_cast<std::size_t>(trainer.step().parameters().lane_size());
  const std::vector<float> zero(count, 0.0f);  // the network adds its output to the input
  const double variance = std::pow(25.0 / 255.0, 2);
  for (const SampleScore& score : scorer_.score(1, zero.data(), trainer.buffers(0))) {
    // 256 squares of Gaussian numbers, six standard deviations.
    EXPECT_NEAR(score.mse, variance, 6 * variance * std::sqrt(2.0 / 256));
  }
}

TEST_F(Scorer, ShowsTheFirstTestImages) {
  Trainer trainer({&tiny_.runs[0].config, 1}, stream_, &sources_);
  const std::vector<ExampleImage> seen = scorer_.pictures(2, trainer.values(0), trainer.buffers(0), 2);
  ASSERT_EQ(seen.size(), 2u);
  DeadLeavesOptions leaves;
  leaves.seed = 1;
  leaves.count = 3;
  leaves.height = leaves.width = 16;
  const std::vector<std::string> names = scorer_.images();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].name, names[i]);
    EXPECT_EQ(seen[i].clean, encode_png(dead_leaves_image(leaves, static_cast<std::int64_t>(i)), 8));
    EXPECT_NE(seen[i].noisy, seen[i].clean);
    EXPECT_TRUE(std::isfinite(seen[i].noisy_psnr) && std::isfinite(seen[i].output_psnr));
  }
}

}  // namespace
}  // namespace selfsame
