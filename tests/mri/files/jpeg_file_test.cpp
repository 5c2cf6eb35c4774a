// SPDX-License-Identifier: Apache-2.0
#include "mri/files/jpeg_file.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

Image read(const std::string& path) { return read_jpeg(InputFile(path)); }

Image smooth_image(int channels, int height, int width) {
  Image image{channels, height, width, {}, 8, true};
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        image.pixels.push_back(0.5f + 0.3f * std::sin(0.05f * static_cast<float>(x + 2 * y)) +
                               0.05f * static_cast<float>(c));
      }
    }
  }
  return image;
}

TEST(JpegFile, ReadsGrayAndColorOddSizes) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  for (const int channels : {1, 3}) {
    for (const bool progressive : {false, true}) {
      const Image image = smooth_image(channels, 37, 53);
      write_test_jpeg(path, image, 100, progressive);
      const Image back = read(path);
      ASSERT_EQ(back.channels, channels);
      ASSERT_EQ(back.height, 37);
      ASSERT_EQ(back.width, 53);
      for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        // Quality 100 has quantisation steps of 1; colour conversion and chroma subsampling of a smooth image
        // add a few.
        ASSERT_NEAR(back.pixels[i], image.pixels[i], 5.0f / 255.0f) << i;
      }
    }
  }
}

TEST(JpegFile, ProgressiveAndSequentialOfTheSamePictureAreEqual) {
  const Image a = read(image_fixture("rgb.jpg")), b = read(image_fixture("rgb_progressive.jpg"));
  EXPECT_EQ(a.width, 64);
  EXPECT_EQ(a.height, 48);
  EXPECT_EQ(a.channels, 3);
  EXPECT_EQ(a.pixels, b.pixels);
  EXPECT_EQ(read(image_fixture("gray.jpg")).channels, 1);
}

TEST(JpegFile, RefusesCmyk) {
  const std::string message = message_of(ErrorKind::kData, [&] { (void)read(image_fixture("cmyk.jpg")); });
  EXPECT_TRUE(contains(message, "cmyk.jpg")) << message;
  EXPECT_TRUE(contains(message, "colour")) << message;
}

TEST(JpegFile, TruncationsAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  for (const char* name : {"gray.jpg", "rgb_progressive.jpg"}) {
    const Bytes whole = read_bytes(image_fixture(name));
    for (std::size_t n = whole.size() - 1; n > 7; n -= 7) {
      write_bytes(path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
      ASSERT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)read(path); }), path))
          << name << ' ' << n;
    }
  }
}

TEST(JpegFile, AHugeSizeInATinyFileIsRefusedBeforeMemoryIsTaken) {
  const TemporaryFolder folder;
  const std::string path = folder / "x";
  Bytes bytes = read_bytes(image_fixture("gray.jpg"));
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    if (bytes[i] == 0xFF &&
        bytes[i + 1] == 0xC0) {  // start of frame: length 2, precision 1, height 2, width 2
      bytes[i + 5] = bytes[i + 7] = 0xEA;
      bytes[i + 6] = bytes[i + 8] = 0x60;
    }
  }
  write_bytes(path, bytes);
  const std::string message = message_of(ErrorKind::kData, [&] { (void)probe_jpeg(InputFile(path)); });
  EXPECT_TRUE(contains(message, path) && contains(message, "60000")) << message;
}

TEST(JpegFile, HeaderIsReadAlone) {
  const ImageInfo info = probe_jpeg(InputFile(image_fixture("rgb.jpg")));
  EXPECT_EQ(info.channels, 3);
  EXPECT_EQ(info.height, 48);
  EXPECT_EQ(info.width, 64);
}

}  // namespace
}  // namespace selfsame
