// SPDX-License-Identifier: Apache-2.0
#include "mri/files/png_file.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <cmath>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

Image read(const std::string& path) { return read_png(InputFile(path)); }

// Base pattern of tests/fixtures/make_images.py.
void expect_pattern(const Image& image, int channels) {
  ASSERT_EQ(image.channels, channels);
  ASSERT_EQ(image.height, 19);
  ASSERT_EQ(image.width, 23);
  EXPECT_EQ(image.bits, 8);
  EXPECT_TRUE(image.integer);
  EXPECT_EQ(image.pixels, pattern_image(channels, 19, 23).pixels);
}

TEST(PngFile, ReadsWhatPillowWrites) {
  expect_pattern(read(image_fixture("gray8.png")), 1);
  expect_pattern(read(image_fixture("rgb8.png")), 3);
}

TEST(PngFile, DropsAlpha) {
  expect_pattern(read(image_fixture("rgba8.png")), 3);
  expect_pattern(read(image_fixture("gray_alpha8.png")), 1);
}

TEST(PngFile, Reads16Bit) {
  const Image image = read(image_fixture("gray16.png"));
  EXPECT_EQ(image.bits, 16);
  ASSERT_EQ(image.count(), 19 * 23);
  for (int y = 0; y < 19; ++y) {
    for (int x = 0; x < 23; ++x) {
      EXPECT_EQ(image.pixels[static_cast<std::size_t>(y * 23 + x)],
                static_cast<float>((701 * x + 1303 * y) % 65536) / 65535.0f);
    }
  }
}

TEST(PngFile, ExpandsOneBitToBlackAndWhite) {
  const Image image = read(image_fixture("gray1.png")), pattern = pattern_image(1, 19, 23);
  EXPECT_EQ(image.bits, 8);
  ASSERT_EQ(image.pixels.size(), pattern.pixels.size());
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    EXPECT_EQ(image.pixels[i], pattern.pixels[i] >= 128.0f / 255.0f ? 1.0f : 0.0f);
  }
}

TEST(PngFile, ExpandsAPaletteWithTransparencyToColor) {
  const Image image = read(image_fixture("palette.png")), pattern = pattern_image(1, 19, 23);
  ASSERT_EQ(image.channels, 3);
  const std::size_t plane = pattern.pixels.size();
  for (std::size_t i = 0; i < plane; ++i) {
    const int k = static_cast<int>(std::lround(pattern.pixels[i] * 255.0f)) % 16;
    EXPECT_EQ(image.pixels[i], static_cast<float>(k) / 255.0f);
    EXPECT_EQ(image.pixels[plane + i], static_cast<float>(2 * k) / 255.0f);
    EXPECT_EQ(image.pixels[2 * plane + i], static_cast<float>(255 - 3 * k) / 255.0f);
  }
}

// Writes gray of any depth through libpng; sample (y, x) is (3x + 5y) mod 2^depth.
void write_gray(const std::string& path, int depth, int interlace, int height, int width) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), depth,
               PNG_COLOR_TYPE_GRAY, interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  png_set_packing(png);
  Bytes rows(static_cast<std::size_t>(height * width * (depth == 16 ? 2 : 1)));
  std::vector<png_bytep> pointers;
  for (int y = 0; y < height; ++y) {
    png_bytep row = rows.data() + y * width * (depth == 16 ? 2 : 1);
    pointers.push_back(row);
    for (int x = 0; x < width; ++x) {
      const int value = (3 * x + 5 * y) % (1 << depth);
      if (depth == 16) {
        row[2 * x] = static_cast<png_byte>(value >> 8);
        row[2 * x + 1] = static_cast<png_byte>(value);
      } else {
        row[x] = static_cast<png_byte>(value);
      }
    }
  }
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}

TEST(PngFile, ReadsEveryDepthInterlacedAndNot) {
  const TemporaryFolder folder;
  for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
    for (const int depth : {1, 2, 4, 8, 16}) {
      for (const auto& [h, w] : {std::pair{1, 1}, {3, 2}, {17, 29}}) {
        const std::string path = folder / "x.png";
        write_gray(path, depth, interlace, h, w);
        const Image image = read(path);
        ASSERT_EQ(image.count(), h * w);
        EXPECT_EQ(image.bits, depth == 16 ? 16 : 8);
        for (int i = 0; i < h * w; ++i) {
          const int value = (3 * (i % w) + 5 * (i / w)) % (1 << depth);
          // The expansion of 1, 2 and 4 bits to 8 is exact: 255 is a multiple of 1, 3 and 15.
          const int level = depth < 8 ? value * 255 / ((1 << depth) - 1) : value;
          ASSERT_EQ(image.pixels[static_cast<std::size_t>(i)],
                    static_cast<float>(level) / (depth == 16 ? 65535.0f : 255.0f))
              << "depth " << depth << " interlace " << interlace << " pixel " << i;
        }
      }
    }
  }
}

TEST(PngFile, WritingAndReadingGivesEveryLevelBack) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.png";
  for (const int bits : {8, 16}) {
    Image image{1, 256, 256, {}, bits, true};
    for (int i = 0; i < 65536; ++i) {
      image.pixels.push_back(bits == 16 ? static_cast<float>(i) / 65535.0f
                                        : static_cast<float>(i % 256) / 255.0f);
    }
    write_png(path, image, bits);
    const Image back = read(path);
    EXPECT_EQ(back.bits, bits);
    EXPECT_EQ(back.pixels, image.pixels);
  }
  const Image color = pattern_image(3, 7, 11);
  write_png(path, color, 16);
  EXPECT_EQ(read(path).pixels, color.pixels);  // 65535 / 255 = 257, a whole number
}

TEST(PngFile, WritingClipsAndRounds) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.png";
  write_png(
      path,
      Image{1, 1, 6, {-0.5f, 2.0f, std::nanf(""), 0.499f / 255.0f, 0.501f / 255.0f, INFINITY}, 32, false}, 8);
  const float step = 1.0f / 255.0f;
  EXPECT_EQ(read(path).pixels, (std::vector<float>{0.0f, 1.0f, 0.0f, 0.0f, step, 1.0f}));
}

TEST(PngFile, HeaderIsReadAlone) {
  const ImageInfo info = probe_png(InputFile(image_fixture("gray16.png")));
  EXPECT_EQ(info.channels, 1);
  EXPECT_EQ(info.height, 19);
  EXPECT_EQ(info.width, 23);
  EXPECT_EQ(info.bits, 16);
  EXPECT_EQ(info.images, 1);
  EXPECT_EQ(probe_png(InputFile(image_fixture("palette.png"))).channels, 3);
}

// The checksum of a chunk's type and data.
std::uint32_t crc32_of(const std::uint8_t* data, std::size_t bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < bytes; ++i) {
    crc ^= data[i];
    for (int k = 0; k < 8; ++k) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
    }
  }
  return ~crc;
}

TEST(PngFile, AHugeSizeInATinyFileIsRefusedBeforeMemoryIsTaken) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.png";
  for (const std::uint32_t side : {10000u, 16384u, 60000u, 65535u, 70000u, 0x7FFFFFFFu}) {
    Bytes bytes = read_bytes(image_fixture("gray8.png"));
    for (int k = 0; k < 4; ++k) {
      bytes[static_cast<std::size_t>(16 + k)] = bytes[static_cast<std::size_t>(20 + k)] =
          static_cast<std::uint8_t>(side >> (24 - 8 * k));
    }
    const std::uint32_t crc = crc32_of(bytes.data() + 12, 17);
    for (int k = 0; k < 4; ++k) {
      bytes[static_cast<std::size_t>(29 + k)] = static_cast<std::uint8_t>(crc >> (24 - 8 * k));
    }
    write_bytes(path, bytes);
    const std::string message = message_of(ErrorKind::kData, [&] { (void)read(path); });
    EXPECT_TRUE(contains(message, path)) << message;
    EXPECT_FALSE(contains(message, "CRC")) << message;
  }
}

TEST(PngFile, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.png";
  const Bytes whole = read_bytes(image_fixture("gray16.png"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_bytes(path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    ASSERT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)read(path); }), path)) << n << " bytes";
  }
}

TEST(PngFile, WritingToAnAbsentFolderNamesThePath) {
  const TemporaryFolder folder;
  const std::string path = folder / "absent/x.png";
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kIo, [&] { write_png(path, pattern_image(1, 2, 2), 8); }), path));
}

}  // namespace
}  // namespace selfsame
