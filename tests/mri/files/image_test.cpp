// SPDX-License-Identifier: Apache-2.0
#include "mri/files/image.hpp"

#include <gtest/gtest.h>

#include "mri/files/image_file.hpp"
#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

TEST(Image, LuminanceOf8BitIsThatOfPillow) {
  const Image gray = to_gray(read_image(image_fixture("rgb8.png"), 0, PixelScale::kUnit));
  const Image expected = read_image(image_fixture("rgb8_to_gray.png"), 0, PixelScale::kUnit);
  EXPECT_EQ(gray.channels, 1);
  EXPECT_EQ(gray.pixels, expected.pixels);
}

TEST(Image, LuminanceOfFloatsIsNotRounded) {
  Image image{3, 1, 1, {0.1f, 0.2f, 0.7f}, 32, false};
  EXPECT_FLOAT_EQ(to_gray(image).pixels[0], 0.299f * 0.1f + 0.587f * 0.2f + 0.114f * 0.7f);
}

TEST(Image, LuminanceOf16BitIsAMultipleOfItsStep) {
  Image image{3, 1, 1, {1000.0f / 65535.0f, 2001.0f / 65535.0f, 303.0f / 65535.0f}, 16, true};
  EXPECT_EQ(to_gray(image).pixels[0],
            1508.0f / 65535.0f);  // 0.299 * 1000 + 0.587 * 2001 + 0.114 * 303 = 1508.1
}

TEST(Image, GrayBecomesThreeEqualChannelsAndBack) {
  const Image gray = pattern_image(1, 5, 7);
  const Image color = to_color(gray);
  ASSERT_EQ(color.channels, 3);
  ASSERT_EQ(color.pixels.size(), 105u);
  for (std::size_t i = 0; i < 105; ++i) {
    EXPECT_EQ(color.pixels[i], gray.pixels[i % 35]);
  }
  EXPECT_EQ(to_gray(color).pixels, gray.pixels);
}

TEST(Image, TwoChannelsAreNeitherGrayNorColor) {
  EXPECT_THROW((void)to_gray(Image{2, 1, 1, {0.0f, 1.0f}, 8, true}), Error);
  EXPECT_THROW((void)to_color(Image{2, 1, 1, {0.0f, 1.0f}, 8, true}), Error);
}

TEST(Image, OfPackedRawDataIsSeenAsRedMeanGreenAndBlue) {
  const Image packed{4, 1, 2, {0.1f, 0.2f, 0.25f, 0.5f, 0.75f, 1.0f, 0.7f, 0.8f}, 32, false};
  const Image seen = viewable(packed);
  EXPECT_EQ(seen.channels, 3);
  EXPECT_EQ(seen.pixels, (std::vector<float>{0.1f, 0.2f, 0.5f, 0.75f, 0.7f, 0.8f}));
  for (const int channels : {1, 3}) {
    const Image image = pattern_image(channels, 2, 3);
    EXPECT_EQ(viewable(image).channels, channels);
    EXPECT_EQ(viewable(image).pixels, image.pixels);
  }
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kInternal, [] { (void)viewable(pattern_image(2, 2, 3)); }), "got 2"));
}

}  // namespace
}  // namespace selfsame
