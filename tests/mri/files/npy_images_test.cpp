// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "mri/files/npy_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

class NpyImagesTest : public testing::Test {
 protected:
  // An array 0, 1, 2, ... of this shape.
  NpyFile counting(const std::vector<std::int64_t>& shape) {
    std::int64_t n = 1;
    for (const std::int64_t d : shape) {
      n *= d;
    }
    std::vector<std::uint16_t> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), std::uint16_t{0});
    write_npy<std::uint16_t>(path_, values, shape);
    return NpyFile(path_);
  }
  void expect_layout(const std::vector<std::int64_t>& shape, const NpyImages& expected) {
    const NpyImages got = npy_images(counting(shape));
    EXPECT_EQ(got.images, expected.images);
    EXPECT_EQ(got.channels, expected.channels);
    EXPECT_EQ(got.height, expected.height);
    EXPECT_EQ(got.width, expected.width);
    EXPECT_EQ(got.channels_last, expected.channels_last);
  }
  TemporaryFolder folder_;
  std::string path_ = folder_ / "x.npy";
};

TEST_F(NpyImagesTest, ShapesAreReadAsDocumented) {
  expect_layout({4, 5}, {1, 1, 4, 5, false});
  expect_layout({4, 5, 3}, {1, 3, 4, 5, true});
  expect_layout({4, 5, 1}, {1, 1, 4, 5, true});
  expect_layout({3, 4, 5}, {3, 1, 4, 5, false});
  expect_layout({2, 4, 5, 3}, {2, 3, 4, 5, true});
  expect_layout({2, 3, 4, 5}, {2, 3, 4, 5, false});
  expect_layout({2, 1, 4, 5}, {2, 1, 4, 5, false});
  expect_layout({2, 4, 5, 6}, {2, 4, 5, 6, false});
  expect_layout({2, 5, 6, 4}, {2, 4, 5, 6, true});
  expect_layout({2, 3, 6, 4}, {2, 3, 6, 4, false});
  expect_layout({2, 4, 6, 3}, {2, 3, 4, 6, true});
  expect_layout({4, 5, 6}, {4, 1, 5, 6, false});  // as three planes: a stack of gray images
  expect_layout({5, 6, 4}, {5, 1, 6, 4, false});
}

TEST_F(NpyImagesTest, OtherShapesAreRefusedByName) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{},
                                                 {7},
                                                 {2, 3, 4, 3},
                                                 {2, 4, 6, 4},
                                                 {2, 17, 4, 5},
                                                 {1, 1, 1, 4, 5},
                                                 {0, 4},
                                                 {70000, 1}}) {
    EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)npy_images(counting(shape)); }), path_));
  }
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [] { (void)npy_images(NpyFile(image_fixture("le_c8.npy"))); }),
               "le_c8.npy"));
}

TEST_F(NpyImagesTest, SlicesOfAStackAreItsImages) {
  const NpyFile first = counting({2, 3, 4, 5});
  const Image image = read_npy_image(first, 1, PixelScale::kRaw);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(image.pixels[i], static_cast<float>(60 + i));
  }
  EXPECT_FALSE(image.integer);

  const NpyFile last = counting({2, 4, 5, 3});
  const Image turned = read_npy_image(last, 1, PixelScale::kUnit);
  EXPECT_TRUE(turned.integer);
  EXPECT_EQ(turned.bits, 16);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(turned.pixels[static_cast<std::size_t>(c * 20 + i)],
                static_cast<float>(60 + 3 * i + c) / 65535.0f);
    }
  }
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)read_npy_image(last, 2, PixelScale::kRaw); }),
                       "image 2 of 2"));
}

TEST_F(NpyImagesTest, InfoNamesTheStoredSamples) {
  const ImageInfo info = probe_npy(counting({7, 4, 5}));
  EXPECT_EQ(info.images, 7);
  EXPECT_EQ(info.bits, 16);
  EXPECT_TRUE(info.integer);
  EXPECT_FALSE(probe_npy(NpyFile(image_fixture("le_f4.npy"))).integer);
}

}  // namespace
}  // namespace selfsame
