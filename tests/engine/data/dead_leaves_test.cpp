// SPDX-License-Identifier: Apache-2.0
#include "engine/data/dead_leaves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

TEST(DeadLeaves, IsAFunctionOfSeedAndIndexOnAnyThread) {
  DeadLeavesOptions options;
  options.height = options.width = 64;
  options.channels = 3;
  const auto source = dead_leaves_source(options);
  std::vector<Image> images(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { images[i] = source->load(static_cast<std::int64_t>(i)); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(images[i].pixels, dead_leaves_image(options, static_cast<std::int64_t>(i)).pixels);
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(images[i].pixels, images[k].pixels);
    }
  }
  options.seed = 1;
  EXPECT_NE(dead_leaves_image(options, 0).pixels, images[0].pixels);
}

TEST(DeadLeaves, PixelsAre8BitLevelsOfTheSizeAskedFor) {
  DeadLeavesOptions options;
  options.height = 33;
  options.width = 50;
  const Image image = dead_leaves_image(options, 7);
  EXPECT_EQ(image.height, 33);
  EXPECT_EQ(image.width, 50);
  ASSERT_EQ(image.pixels.size(), 33u * 50u);
  for (const float v : image.pixels) {
    EXPECT_EQ(v, std::round(v * 255.0f) / 255.0f);
    EXPECT_TRUE(v >= 0.0f && v <= 1.0f);
  }
}

TEST(DeadLeaves, ImagesHaveContrastAndNeighboursAreAlike) {
  DeadLeavesOptions options;
  options.height = options.width = 96;
  for (std::int64_t i = 0; i < 10; ++i) {
    const Image image = dead_leaves_image(options, i);
    double mean = 0, square = 0, step = 0;
    for (int y = 0; y < 96; ++y) {
      for (int x = 0; x < 96; ++x) {
        const double v = image.pixels[static_cast<std::size_t>(96 * y + x)];
        mean += v / 9216;
        square += v * v / 9216;
        if (x > 0) {
          const double d = v - image.pixels[static_cast<std::size_t>(96 * y + x - 1)];
          step += d * d / (96 * 95);
        }
      }
    }
    const double variance = square - mean * mean;
    EXPECT_GT(std::sqrt(variance), 0.03) << i;
    // Correlation of neighbours above 1/2, that is E[(a - b)^2] below the variance; independent pixels have
    // twice it.
    EXPECT_LT(step, variance) << i;
  }
}

TEST(DeadLeaves, RefusesWhatItCannotDraw) {
  for (const auto& [channels, height, radius] :
       {std::tuple{2, 10, 3.0f}, {1, 0, 3.0f}, {1, 70000, 3.0f}, {1, 10, 0.5f}}) {
    DeadLeavesOptions options;
    options.channels = channels;
    options.height = height;
    options.smallest_radius = radius;
    EXPECT_FALSE(message_of(ErrorKind::kUsage, [&] { (void)dead_leaves_source(options); }).empty());
  }
  DeadLeavesOptions options;
  options.count = 0;
  EXPECT_FALSE(message_of(ErrorKind::kUsage, [&] { (void)dead_leaves_source(options); }).empty());
}

}  // namespace
}  // namespace selfsame
