// SPDX-License-Identifier: Apache-2.0
// With weights of zero a residual network gives its input back, so that every file must come out as it went
// in.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "mri/files/image_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/zero_unet.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

Image pattern(int channels, int height, int width, int bits) {
  Image image;
  image.channels = channels;
  image.height = height;
  image.width = width;
  image.bits = bits;
  const int largest = (1 << bits) - 1;
  for (std::int64_t i = 0; i < image.count(); ++i) {
    image.pixels.push_back(static_cast<float>(i * 7919 % (largest + 1)) / static_cast<float>(largest));
  }
  return image;
}

Image read(const fs::path& path) { return read_image(path.string(), 0, PixelScale::kUnit); }

class Apply : public testing::Test {
 protected:
  Apply() {
    write_zero_weights(folder_ / "gray.safetensors", *small_unet(1));
    write_zero_weights(folder_ / "color.safetensors", *small_unet(3));
  }
  ProgramResult apply(const fs::path& in, const fs::path& out, std::vector<std::string> more = {},
                      int channels = 1) {
    std::vector<std::string> arguments{
        "apply",
        "--weights",
        (folder_ / (channels == 1 ? "gray.safetensors" : "color.safetensors")).string(),
        "--model",
        channels == 1 ? R"({"type": "unet", "channels": 4, "pools": 2})"
                      : R"({"type": "unet", "channels": 4, "pools": 2, "in": 3})",
        "--in",
        in.string(),
        "--out",
        out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return selfsame_program(arguments);
  }
  void put(const std::string& name, const Image& image) {
    fs::create_directories((folder_ / name).parent_path());
    write_png((folder_ / name).string(), image, image.bits);
  }
  TemporaryFolder folder_;
};

TEST_F(Apply, KeepsTheBitsOfPngFiles) {
  for (const int bits : {8, 16}) {
    const std::string name = "in" + std::to_string(bits) + ".png",
                      out = "out" + std::to_string(bits) + ".png";
    put(name, pattern(1, 21, 34, bits));
    const ProgramResult result = apply(folder_ / name, folder_ / out);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Image image = read(folder_ / out);
    EXPECT_EQ(image.bits, bits);
    EXPECT_EQ(image.pixels, read(folder_ / name).pixels);
  }
}

TEST_F(Apply, TakesArraysAsTheyAreWithoutScalingOrClipping) {
  const std::vector<std::vector<std::int64_t>> shapes{
      {13, 17}, {3, 9, 10}, {2, 8, 9, 3}, {2, 3, 8, 9}, {9, 8, 3}};
  for (const std::vector<std::int64_t>& shape : shapes) {
    std::int64_t count = 1;
    for (const std::int64_t d : shape) {
      count *= d;
    }
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<float>(i % 101) * 37.5f - 1000.0f);
    }
    write_npy<float>((folder_ / "in.npy").string(), values, shape);
    const ProgramResult result = apply(folder_ / "in.npy", folder_ / "out.npy", {"--overwrite"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const NpyFile out((folder_ / "out.npy").string());
    EXPECT_EQ(out.header().shape, shape);
    EXPECT_EQ(out.header().type, NpyType::kF4);
    std::vector<float> back(values.size());
    out.read_floats(back, 0, count, PixelScale::kRaw);
    EXPECT_EQ(back, values);
  }
}

TEST_F(Apply, TilesOfALargeImageJoinWithoutSeams) {
  std::vector<float> values(300 * 200);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i % 511) / 511.0f;
  }
  const std::array<std::int64_t, 2> shape{300, 200};
  write_npy<float>((folder_ / "in.npy").string(), values, shape);
  ASSERT_EQ(apply(folder_ / "in.npy", folder_ / "out.npy", {"--tile", "4096"}).exit_code, 0);
  std::vector<float> back(values.size());
  NpyFile((folder_ / "out.npy").string()).read_floats(back, 0, 300 * 200, PixelScale::kRaw);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // At most four tiles meet: a weighted mean of equal values, ten roundings of 2^-24.
    ASSERT_NEAR(back[i], values[i], 10 * 0x1p-24 * values[i] + 1e-12) << i;
  }
}

TEST_F(Apply, KeepsTheNamesOfAFolderAndNamesDamagedFiles) {
  put("in/a.png", pattern(1, 16, 16, 8));
  put("in/deep/er/b.png", pattern(1, 9, 31, 16));
  put("in/tiny.png", pattern(1, 2, 2, 8));
  put("in/broken.png", pattern(1, 16, 16, 8));
  fs::resize_file(folder_ / "in/broken.png", fs::file_size(folder_ / "in/broken.png") - 20);
  std::ofstream(folder_ / "in/notes.txt") << "not an image";
  const ProgramResult result = apply(folder_ / "in", folder_ / "out");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find((folder_ / "in/broken.png").string()), std::string::npos) << result.err;
  EXPECT_NE(result.err.find((folder_ / "in/tiny.png").string()), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("2 of 4 files not processed"), std::string::npos) << result.err;
  EXPECT_EQ(read(folder_ / "out/a.png").pixels, read(folder_ / "in/a.png").pixels);
  EXPECT_EQ(read(folder_ / "out/deep/er/b.png").pixels, read(folder_ / "in/deep/er/b.png").pixels);
  EXPECT_FALSE(fs::exists(folder_ / "out/broken.png"));
  EXPECT_FALSE(fs::exists(folder_ / "out/notes.txt"));
}

TEST_F(Apply, ReplacesFilesOnlyWhenAsked) {
  put("in/a.png", pattern(1, 16, 16, 8));
  put("in/b.png", pattern(1, 16, 16, 8));
  put("out/b.png", pattern(1, 8, 8, 8));
  const ProgramResult refused = apply(folder_ / "in", folder_ / "out");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find((folder_ / "out/b.png").string()), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(folder_ / "out/a.png")) << "refused before anything is written";
  EXPECT_EQ(apply(folder_ / "in", folder_ / "out", {"--overwrite"}).exit_code, 0);
  EXPECT_EQ(read(folder_ / "out/b.png").height, 16);
}

TEST_F(Apply, RunsAGrayNetworkOnEachChannelAndSaysSo) {
  put("in.png", pattern(3, 12, 14, 8));
  const ProgramResult result = apply(folder_ / "in.png", folder_ / "out.png");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("channels of colour images were run one by one"), std::string::npos)
      << result.out;
  EXPECT_EQ(read(folder_ / "out.png").pixels, read(folder_ / "in.png").pixels);
}

TEST_F(Apply, RefusesAGrayImageForAColourNetwork) {
  put("in.png", pattern(1, 12, 14, 8));
  const ProgramResult result = apply(folder_ / "in.png", folder_ / "out.png", {}, 3);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("in.png: 1 channel, but the network takes 3"), std::string::npos) << result.err;
  put("color.png", pattern(3, 12, 14, 8));
  EXPECT_EQ(apply(folder_ / "color.png", folder_ / "out.png", {}, 3).exit_code, 0);
}

TEST_F(Apply, TakesWeightsWithThePrefixesOfWrappers) {
  put("in.png", pattern(1, 12, 14, 8));
  for (const std::string prefix : {"unet.", "module.", "module.unet."}) {
    write_zero_weights(folder_ / "gray.safetensors", *small_unet(1), prefix);
    const ProgramResult result = apply(folder_ / "in.png", folder_ / "out.png", {"--overwrite"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.out.find("prefix '" + prefix + "'"), std::string::npos) << result.out;
  }
}

TEST_F(Apply, NamesTheTensorsThatDoNotFit) {
  put("in.png", pattern(1, 12, 14, 8));
  write_zero_weights(folder_ / "gray.safetensors", *small_unet(3));
  const ProgramResult result = apply(folder_ / "in.png", folder_ / "out.png");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("mismatched (3)"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(folder_ / "out.png"));
}

TEST_F(Apply, ExplainsWrongArguments) {
  put("in.png", pattern(1, 12, 14, 8));
  EXPECT_EQ(apply(folder_ / "in.png", folder_ / "out.npy").exit_code, 2);
  EXPECT_EQ(apply(folder_ / "absent.png", folder_ / "out.png").exit_code, 3);
  EXPECT_EQ(selfsame_program({"apply", "--in", "x", "--out", "y"}).exit_code, 2);
  EXPECT_EQ(selfsame_program({"apply", "--run", folder_.path().string(), "--in",
                              (folder_ / "in.png").string(), "--out", (folder_ / "out.png").string()})
                .exit_code,
            2);
}

}  // namespace
}  // namespace selfsame
