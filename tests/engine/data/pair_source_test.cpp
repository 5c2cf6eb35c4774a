// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "engine/data/image_source.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

class PairSourceTest : public testing::Test {
 protected:
  void put(const std::string& name, const Image& image) {
    fs::create_directories((folder_ / name).parent_path());
    write_png(folder_ / name, image, 8);
  }
  std::string refusal(const std::string& first, const std::string& second, const PairOptions& options) {
    return message_of(ErrorKind::kData,
                      [&] { (void)open_pairs(folder_ / first, folder_ / second, options); });
  }
  TemporaryFolder folder_;
};

TEST_F(PairSourceTest, FilesAreMatchedByRelativeStem) {
  put("noisy1/b/x.png", pattern_image(1, 4, 5, 1));
  put("noisy1/a.png", pattern_image(1, 6, 7, 2));
  put("noisy2/b/x.png", pattern_image(1, 4, 5, 3));
  put("noisy2/a.dat", pattern_image(1, 6, 7, 4));
  const auto source = open_pairs(folder_ / "noisy1", folder_ / "noisy2", {}).source;
  ASSERT_EQ(source->count(), 2);
  EXPECT_TRUE(source->paired());
  const ImagePair pair = source->load_pair(0);
  EXPECT_EQ(pair.first.pixels, pattern_image(1, 6, 7, 2).pixels);
  EXPECT_EQ(pair.second.pixels, pattern_image(1, 6, 7, 4).pixels);
  EXPECT_EQ(source->load_pair(1).second.pixels, pattern_image(1, 4, 5, 3).pixels);
  EXPECT_EQ(source->load(1).pixels, pattern_image(1, 4, 5, 1).pixels);
  EXPECT_TRUE(contains(source->name(1), "noisy1/b/x.png") && contains(source->name(1), "noisy2/b/x.png"));
}

TEST_F(PairSourceTest, SuffixesTellTwoMeasurementsInOneFolderApart) {
  put("all/s1_real.png", pattern_image(1, 4, 5, 1));
  put("all/s1_mean.png", pattern_image(1, 4, 5, 2));
  put("all/other.png", pattern_image(1, 4, 5, 3));
  PairOptions options;
  options.first_suffix = "_real";
  options.second_suffix = "_mean";
  const auto source = open_pairs(folder_ / "all", folder_ / "all", options).source;
  ASSERT_EQ(source->count(), 1);
  EXPECT_EQ(source->load_pair(0).second.pixels, pattern_image(1, 4, 5, 2).pixels);
  EXPECT_TRUE(contains(refusal("all", "all", {}), "its own partner"));
}

TEST_F(PairSourceTest, MissingPartnersAndUnequalSizesAreNamedTogether) {
  put("a/x.png", pattern_image(1, 4, 5));
  put("a/alone.png", pattern_image(1, 4, 5));
  put("a/size.png", pattern_image(1, 4, 5));
  put("b/x.png", pattern_image(1, 4, 5));
  put("b/orphan.png", pattern_image(1, 4, 5));
  put("b/size.png", pattern_image(1, 5, 4));
  PairOptions options;
  const std::string message = refusal("a", "b", options);
  EXPECT_TRUE(contains(message, "alone.png") && contains(message, "orphan.png") &&
              contains(message, "size.png"))
      << message;
  options.open.bad_files = BadFilePolicy::kSkip;
  const OpenedImages opened = open_pairs(folder_ / "a", folder_ / "b", options);
  EXPECT_EQ(opened.source->count(), 1);
  EXPECT_EQ(opened.warnings.size(), 3u);
}

TEST_F(PairSourceTest, TwoFilesOfOneStemAreRefused) {
  put("a/x.png", pattern_image(1, 4, 5));
  put("a/x.dat", pattern_image(1, 4, 5));
  put("b/x.png", pattern_image(1, 4, 5));
  EXPECT_TRUE(contains(refusal("a", "b", {}), "two files for one name"));
}

TEST_F(PairSourceTest, TwoStacksAreMatchedByOrder) {
  const auto stack = [&](const std::string& name, std::int64_t images, float start) {
    std::vector<float> values(static_cast<std::size_t>(images * 4 * 2 * 5));
    std::iota(values.begin(), values.end(), start);
    write_npy<float>(folder_ / name, values, std::vector<std::int64_t>{images, 4, 2, 5});
  };
  stack("noisy.npy", 3, 0);
  stack("clean.npy", 3, 500);
  stack("short.npy", 2, 0);
  PairOptions options;
  options.open.channels = ChannelMode::kPacked;
  const auto source = open_pairs(folder_ / "noisy.npy", folder_ / "clean.npy", options).source;
  ASSERT_EQ(source->count(), 3);
  EXPECT_TRUE(source->paired());
  EXPECT_EQ(source->load_pair(2).first.pixels[0], 80);
  EXPECT_EQ(source->load_pair(2).second.pixels[0], 580);
  EXPECT_TRUE(contains(source->name(2), "noisy.npy[2]") && contains(source->name(2), "clean.npy[2]"));

  const std::string lengths = refusal("noisy.npy", "short.npy", options);
  EXPECT_TRUE(contains(lengths, "noisy.npy") && contains(lengths, "short.npy: 3 of 4x2x5") &&
              contains(lengths, "and 2 of 4x2x5"))
      << lengths;
  EXPECT_TRUE(contains(refusal("noisy.npy", "noisy.npy", options), "its own partner"));
  put("folder/x.png", pattern_image(1, 4, 5));
  EXPECT_TRUE(contains(refusal("noisy.npy", "folder", options), "a file and a folder"));
  EXPECT_TRUE(contains(refusal("folder", "noisy.npy", options), "a file and a folder"));
  EXPECT_TRUE(contains(refusal("nothing.npy", "none.npy", options), "nothing.npy: not found"));
}

TEST(RealImages, MeasuredPairsAreMatched) {
  const char* data = std::getenv("SELFSAME_DATA");
  const std::string folder =
      (data != nullptr ? std::string(data) : (source_root() / "../shared/data").string()) +
      "/images/real-noise";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << folder << " is absent";
  }
  PairOptions options;
  options.first_suffix = "_real";
  options.second_suffix = "_mean";
  const auto source = open_pairs(folder, folder, options).source;
  ASSERT_EQ(source->count(), 8);
  const ImagePair pair = source->load_pair(0);
  double square = 0;
  for (std::size_t i = 0; i < pair.first.pixels.size(); ++i) {
    const double d = pair.first.pixels[i] - pair.second.pixels[i];
    square += d * d / static_cast<double>(pair.first.pixels.size());
  }
  EXPECT_GT(square, 1e-6);  // noise
  EXPECT_LT(square, 1e-2);  // of one scene
}

}  // namespace
}  // namespace selfsame
