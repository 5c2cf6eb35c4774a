// SPDX-License-Identifier: Apache-2.0
#include "engine/data/file_source.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "mri/files/image_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

class FileSourceTest : public testing::Test {
 protected:
  std::string put(const std::string& name, const Image& image) {
    fs::create_directories((folder_ / name).parent_path());
    write_png(folder_ / name, image, 8);
    return folder_ / name;
  }
  std::vector<std::string> names(const ImageSource& source) const {
    std::vector<std::string> result;
    for (std::int64_t i = 0; i < source.count(); ++i) {
      result.push_back(fs::path(source.name(i)).lexically_relative(folder_.path()).string());
    }
    return result;
  }
  std::string path() const { return folder_.path().string(); }
  TemporaryFolder folder_;
};

TEST_F(FileSourceTest, FolderIsReadRecursivelyInTheOrderOfItsBytes) {
  for (const char* name : {"b.png", "a/z.png", "a.png", "B.png", "a/b/c.dat", ".hidden.png", ".git/x.png"}) {
    put(name, pattern_image(1, 4, 5));
  }
  write_test_jpeg(folder_ / "photo", pattern_image(3, 8, 8), 90, false);
  write_npy<float>(folder_ / "stack.npy", std::vector<float>(24, 0.5f), std::vector<std::int64_t>{2, 3, 4});
  write_bytes(folder_ / "README.txt", {'h', 'i'});
  const OpenedImages opened = open_images(path(), {});
  EXPECT_EQ(names(*opened.source),
            (std::vector<std::string>{"B.png", "a.png", "a/b/c.dat", "a/z.png", "b.png", "photo",
                                      "stack.npy[0]", "stack.npy[1]"}));
  EXPECT_TRUE(opened.warnings.empty());
  EXPECT_EQ(opened.source->load(1).pixels, pattern_image(1, 4, 5).pixels);
  EXPECT_EQ(opened.source->load(7).pixels, std::vector<float>(12, 0.5f));
  EXPECT_EQ(opened.source->info(5).channels, 3);
}

TEST_F(FileSourceTest, AllBadFilesAreNamedInOneErrorOrSkippedWithWarnings) {
  put("good.png", pattern_image(1, 4, 5));
  put("small.png", pattern_image(1, 3, 5));
  write_bytes(folder_ / "cut.png", {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0});
  write_bytes(folder_ / "empty.npy", {});
  fs::create_symlink(folder_ / "absent", folder_ / "dangling.jpg");
  OpenOptions options;
  options.min_height = 4;
  const std::string message = message_of(ErrorKind::kData, [&] { (void)open_folder(path(), options); });
  for (const char* name : {"4 unusable files", "small.png: 5x3", "cut.png", "empty.npy", "dangling.jpg"}) {
    EXPECT_TRUE(contains(message, name)) << name << " in " << message;
  }
  options.bad_files = BadFilePolicy::kSkip;
  const OpenedImages opened = open_folder(path(), options);
  EXPECT_EQ(names(*opened.source), (std::vector<std::string>{"good.png"}));
  EXPECT_EQ(opened.warnings.size(), 4u);
}

TEST_F(FileSourceTest, AnErrorShowsTwentyFilesAndTheNumberOfTheRest) {
  for (int i = 0; i < 25; ++i) {
    write_bytes(folder_ / fmt::format("{:02}.png", i), {1});
  }
  const std::string message = message_of(ErrorKind::kData, [&] { (void)open_folder(path(), {}); });
  EXPECT_TRUE(contains(message, "25 unusable files") && contains(message, "19.png") &&
              contains(message, "and 5 more"));
  EXPECT_FALSE(contains(message, "20.png"));
}

TEST_F(FileSourceTest, EmptyAndAbsentFoldersAreErrors) {
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_images(path(), {}); }), "no images"));
  const std::string absent = folder_ / "absent";
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_images(absent, {}); }), absent));
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_folder(absent, {}); }), absent));
}

TEST_F(FileSourceTest, ListKeepsItsOrderAndIsRelativeToItself) {
  put("data/b.png", pattern_image(1, 4, 5, 1));
  const std::string a = put("data/a.png", pattern_image(1, 4, 5, 2));
  const std::string list = folder_ / "data/list.txt";
  const auto write_list = [&](const std::string& text) {
    write_bytes(list, Bytes(text.begin(), text.end()));
  };
  write_list("# training\r\nb.png\r\n\n" + a + "\n");
  const OpenedImages opened = open_images(list, {});
  EXPECT_EQ(names(*opened.source), (std::vector<std::string>{"data/b.png", "data/a.png"}));
  write_list("b.png\na.png\n./b.png\n");
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_list(list, {}); }), "list.txt:3:"));
  write_list("b.png\nc.png\n");
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_list(list, {}); }), "c.png"));
}

TEST_F(FileSourceTest, ChannelsAreConvertedAsAskedFor) {
  const std::string color = put("color.png", pattern_image(3, 4, 5));
  const std::string gray = put("gray.png", pattern_image(1, 4, 5));
  OpenOptions options;
  options.channels = ChannelMode::kGray;
  const auto as_gray = open_files({color, gray}, options).source;
  EXPECT_EQ(as_gray->info(0).channels, 1);
  EXPECT_EQ(as_gray->load(0).pixels, to_gray(pattern_image(3, 4, 5)).pixels);
  options.channels = ChannelMode::kColor;
  const auto as_color = open_files({color, gray}, options).source;
  EXPECT_EQ(as_color->info(1).channels, 3);
  EXPECT_EQ(as_color->load(1).pixels, to_color(pattern_image(1, 4, 5)).pixels);
}

TEST_F(FileSourceTest, PackedRawDataHasFourChannelsOrIsRefused) {
  OpenOptions options;
  options.channels = ChannelMode::kPacked;
  std::vector<float> values(2 * 4 * 5 * 6);
  std::iota(values.begin(), values.end(), 0.0f);
  const std::string first = folder_ / "first.npy", last = folder_ / "last.npy";
  write_npy<float>(first, values, std::vector<std::int64_t>{2, 4, 5, 6});
  const auto source = open_images(first, options).source;
  ASSERT_EQ(source->count(), 2);
  EXPECT_EQ(source->info(1).channels, 4);
  EXPECT_EQ(source->load(1).pixels, std::vector<float>(values.begin() + 120, values.end()));
  write_npy<float>(last, values, std::vector<std::int64_t>{2, 5, 6, 4});
  const Image turned = open_images(last, options).source->load(1);
  EXPECT_EQ(turned.channels, 4);
  EXPECT_EQ(turned.pixels[30 + 7], 120 + 4 * 7 + 1);

  const std::string color = put("color.png", pattern_image(3, 4, 5)), gray = folder_ / "gray.npy";
  write_npy<float>(gray, values, std::vector<std::int64_t>{8, 5, 6});
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_files({color}, options); }),
                       color + ": has 3 channels, /data/channels asks for 4"));
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_files({gray}, options); }),
                       gray + ": has 1 channel, /data/channels asks for 4"));
  options.channels = ChannelMode::kColor;
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open_files({first}, options); }),
                       first + ": 4 channels are neither gray nor colour"));
}

TEST_F(FileSourceTest, PixelsThatAreNotFiniteAreNamed) {
  const std::string file = folder_ / "x.npy";
  std::vector<float> values(24, 1.0f);
  values[17] = std::nanf("");
  write_npy<float>(file, values, std::vector<std::int64_t>{2, 3, 4});
  const auto source = open_images(file, {}).source;
  EXPECT_EQ(source->load(0).count(), 12);
  const std::string message = message_of(ErrorKind::kData, [&] { (void)source->load(1); });
  EXPECT_TRUE(contains(message, "x.npy[1]") && contains(message, "row 1, column 1")) << message;
}

TEST_F(FileSourceTest, DamagedPixelsAndExchangedFilesAreNamedWhenLoaded) {
  const std::string file = put("x.png", pattern_image(1, 40, 50));
  const auto source = open_images(path(), {}).source;
  Bytes bytes = read_bytes(file);
  bytes[bytes.size() - 20] ^= 1;
  write_bytes(file, bytes);
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)source->load(0); }), file));
  put("x.png", pattern_image(1, 41, 50));
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)source->load(0); }), "changed while in use"));
}

std::string real_images() {
  const char* folder = std::getenv("SELFSAME_DATA");
  return (folder != nullptr ? std::string(folder) : (source_root() / "../shared/data").string()) + "/images";
}

TEST(RealImages, FolderAndStackOfTheSamePicturesAreEqual) {
  if (!fs::exists(real_images() + "/train400.npy")) {
    GTEST_SKIP() << real_images() << " is absent";
  }
  const auto folder = open_images(real_images() + "/train", {}).source;
  const auto stack = open_images(real_images() + "/train400.npy", {}).source;
  ASSERT_EQ(folder->count(), 400);
  ASSERT_EQ(stack->count(), 400);
  for (std::int64_t i = 0; i < 400; i += 13) {
    EXPECT_EQ(folder->load(i).pixels, stack->load(i).pixels) << folder->name(i);
  }
}

TEST(RealImages, ColorPhotographsAreRead) {
  if (!fs::exists(real_images() + "/train-color")) {
    GTEST_SKIP() << real_images() << " is absent";
  }
  OpenOptions options;
  options.channels = ChannelMode::kGray;
  options.min_height = options.min_width = 321;
  const auto source = open_images(real_images() + "/train-color", options).source;
  ASSERT_EQ(source->count(), 199);
  for (std::int64_t i = 0; i < 199; i += 40) {
    const Image image = source->load(i);
    EXPECT_EQ(image.channels, 1);
    EXPECT_EQ(image.plane(), 481 * 321);
  }
}

}  // namespace
}  // namespace selfsame
