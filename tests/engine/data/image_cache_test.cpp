// SPDX-License-Identifier: Apache-2.0
#include "engine/data/image_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "kernels/base/error.hpp"
#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

class CountingSource final : public ImageSource {
 public:
  std::int64_t count() const override { return 5; }
  std::string name(std::int64_t i) const override { return "image " + std::to_string(i); }
  ImageInfo info(std::int64_t) const override { return {1, 8, 9, 8, true, 1}; }
  Image load(std::int64_t i) const override {
    ++loads;
    return pattern_image(1, 8, 9, static_cast<int>(i));
  }
  mutable std::atomic<int> loads{0};
};

TEST(StoredImage, CropsOfEveryTypeEqualThePixelsToTheBit) {
  Image image{3, 11, 13, {}, 8, true};
  for (const auto& [bits, integer] : {std::pair{8, true}, {16, true}, {32, false}}) {
    image.bits = bits;
    image.integer = integer;
    image.pixels.clear();
    for (int i = 0; i < 3 * 11 * 13; ++i) {
      image.pixels.push_back(bits == 8    ? static_cast<float>(i * 37 % 256) / 255.0f
                             : bits == 16 ? static_cast<float>(i * 3701 % 65536) / 65535.0f
                                          : 1.7f * static_cast<float>(i) - 100.0f);
    }
    const StoredImage stored(image);
    EXPECT_EQ(stored.bytes(), image.pixels.size() * static_cast<std::size_t>(bits / 8));
    for (int transform = 0; transform < 8; ++transform) {
      SampleOrigin origin;
      origin.image_h = 11;
      origin.image_w = 13;
      origin.top = 2;
      origin.left = 3;
      origin.transform = transform;
      const std::int64_t h = 5, w = 7;
      std::vector<float> out(3 * 35, -1.0f);
      stored.copy_crop(out.data(), origin, h, w);
      for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t i = 0; i < h; ++i) {
          for (std::int64_t j = 0; j < w; ++j) {
            const PixelIndex p = source_pixel(origin, h, w, i, j);
            ASSERT_EQ(out[static_cast<std::size_t>((c * h + i) * w + j)],
                      image.pixels[static_cast<std::size_t>((c * 11 + p.y) * 13 + p.x)])
                << bits << " bits, transform " << transform << " at " << i << ' ' << j;
          }
        }
      }
    }
  }
}

TEST(StoredImage, RefusesWindowsOutsideTheImage) {
  const StoredImage stored(pattern_image(1, 8, 9));
  SampleOrigin origin;
  origin.image_h = 8;
  origin.image_w = 9;
  std::vector<float> out(64);
  origin.top = 1;
  EXPECT_THROW(stored.copy_crop(out.data(), origin, 8, 8), Error);
  origin.top = 0;
  origin.left = 2;
  EXPECT_THROW(stored.copy_crop(out.data(), origin, 8, 8), Error);
}

TEST(ImageCache, DecodesOnceWhatFitsTheBudgetAndAgainWhatDoesNot) {
  const auto source = std::make_shared<CountingSource>();
  ImageCache cache(source, 3 * 72);
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 5; ++i) {
      std::vector<float> out(72);
      SampleOrigin origin;
      origin.image_h = 8;
      origin.image_w = 9;
      cache.get(i)->images[0].copy_crop(out.data(), origin, 8, 9);
      EXPECT_EQ(out, pattern_image(1, 8, 9, static_cast<int>(i)).pixels);
    }
  }
  EXPECT_EQ(source->loads, 5 + 2 + 2);
  EXPECT_EQ(cache.bytes(), 3u * 72u);
}

}  // namespace
}  // namespace selfsame
