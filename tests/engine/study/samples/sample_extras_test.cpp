// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_extras.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_sample_study.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

/// A study whose runs are done.
class DoneStudy : public testing::Test {
 protected:
  static std::vector<std::string> with_few_files(std::vector<std::string> overrides) {
    overrides.insert(overrides.end(), {"study.seeds=[0]", "study.run.validation.every_steps=8",
                                       "study.run.checkpoint.every_steps=0"});
    return overrides;
  }
  explicit DoneStudy(std::vector<std::string> overrides = {}) : tiny_(with_few_files(std::move(overrides))) {
    StopRequest stop;
    EXPECT_EQ(runner_.run(stop, {}), SampleEnd::kDone);
  }
  std::vector<SampleVariance> variances(std::int64_t draws) {
    return measure_variances(tiny_.study(), tiny_.runs, store_, draws, stream_, runner_.sources());
  }
  std::vector<SamplePicture> pictures() {
    return make_pictures(tiny_.study(), tiny_.runs, store_, 2, runner_, stream_);
  }
  std::string text(const std::string& name) const { return read_file(folder_ / name, 1 << 24); }
  TemporaryFolder folder_;
  TinySampleStudy tiny_;
  Stream stream_{DeviceKind::kCpu, 1};
  SampleStore store_{folder_.path()};
  SampleRunner runner_{tiny_.study(), tiny_.runs, store_, 4, stream_};
};

TEST_F(DoneStudy, NoisyTargetsAddVarianceInProportionToTheirs) {
  const std::vector<SampleVariance> found = variances(1024);
  ASSERT_EQ(found.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found[i].method, i + 1);
    EXPECT_EQ(found[i].weights, "supervised, N = 8, seed 0");
    EXPECT_EQ(found[i].draws, 1024);
    EXPECT_LT(found[i].low, found[i].ratio);
    EXPECT_GT(found[i].high, found[i].ratio);
    EXPECT_EQ(found[i].factor, found[i].ratio);
    EXPECT_GT(found[i].low, 1);  // 4 E[e' J J^T e'] / n^2 comes on top (losses/noise2noise.cpp)
  }
  // What comes on top is quadratic in the level of the noise: fourfold from 25 to 50.
  EXPECT_GT(found[1].low, found[0].high);
  EXPECT_LE(found[1].low - 1, 4 * (found[0].high - 1));
  EXPECT_GE(found[1].high - 1, 4 * (found[0].low - 1));
}

TEST_F(DoneStudy, VariancesAreReadAgain) {
  const std::vector<SampleVariance> found = variances(64);
  const std::string bytes = text("variance.json");
  fs::remove(folder_ / "variance.json");
  (void)variances(64);
  EXPECT_EQ(text("variance.json"), bytes) << "the same draws";
  nlohmann::ordered_json kept = nlohmann::ordered_json::parse(bytes);
  kept[0]["ratio"] = 7.25;  // a number that no measurement gives
  std::ofstream(folder_ / "variance.json") << kept.dump();
  for (const std::vector<SampleVariance>& again : {variances(64), variances(3), load_variances(store_)}) {
    ASSERT_EQ(again.size(), 2u);
    EXPECT_EQ(again[0].ratio, 7.25);
    EXPECT_EQ(again[0].low, found[0].low);
    EXPECT_EQ(again[0].high, found[0].high);
    EXPECT_EQ(again[0].weights, found[0].weights);
    EXPECT_EQ(again[1].ratio, found[1].ratio);
    EXPECT_EQ(again[1].draws, found[1].draws);
  }
}

TEST_F(DoneStudy, WithoutDrawsNothingIsMeasured) {
  EXPECT_TRUE(variances(0).empty());
  EXPECT_FALSE(fs::exists(folder_ / "variance.json"));
  EXPECT_TRUE(load_variances(store_).empty());
}

TEST_F(DoneStudy, DamagedFilesAreNamed) {
  for (const char* damage : {"[{]", "[{\"method\": 1}]", "[3]", ""}) {
    std::ofstream(folder_ / "variance.json") << damage;
    const std::string message = error_text<Error>([&] { (void)load_variances(store_); });
    EXPECT_NE(message.find("variance.json"), std::string::npos) << damage << message;
    fs::create_directories(folder_ / "pictures");
    std::ofstream(folder_ / "pictures/index.json") << damage;
    EXPECT_NE(error_text<Error>([&] { (void)load_pictures(store_); }).find("index.json"), std::string::npos)
        << damage;
  }
}

TEST_F(DoneStudy, PicturesAreOfTheSmallestAndTheLargestSize) {
  EXPECT_TRUE(load_pictures(store_).empty());
  const std::vector<SamplePicture> made = pictures();
  ASSERT_EQ(made.size(), 2u);
  const std::vector<std::string> images = runner_.scorer().images();
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(made[i].image, images[i]);
    EXPECT_NE(made[i].noisy, made[i].clean);
    ASSERT_EQ(made[i].outputs.size(), 6u);
    for (std::size_t k = 0; k < 6; ++k) {
      const SamplePicture::Output& output = made[i].outputs[k];
      EXPECT_EQ(output.method, k / 2);
      EXPECT_EQ(output.size, k % 2);
      for (const std::string& png : {output.output, output.error}) {
        std::ofstream(folder_ / "check.png", std::ios::binary) << png;
        const Image image = read_png(InputFile((folder_ / "check.png").string()));
        EXPECT_EQ(image.height, 16);
        EXPECT_EQ(image.width, 16);
      }
    }
    EXPECT_NE(made[i].outputs[0].output, made[i].outputs[1].output);
    EXPECT_NE(made[i].outputs[0].output, made[i].outputs[2].output);
  }
  // The PSNR is the score of the run.
  std::vector<std::string> names;
  const std::optional<SampleRun> run = store_.load(tiny_.runs[0], names);
  EXPECT_EQ(made[0].outputs[0].psnr, run->scores[0].psnr);
  EXPECT_EQ(made[1].outputs[0].psnr, run->scores[1].psnr);
}

TEST_F(DoneStudy, PicturesAreWrittenOnceAndReadAgain) {
  const std::vector<SamplePicture> made = pictures();
  std::ofstream(folder_ / "pictures/0-noisy.png") << "another picture";
  fs::remove(folder_ / "pictures/1-clean.png");
  for (const std::vector<SamplePicture>& again : {pictures(), load_pictures(store_)}) {
    ASSERT_EQ(again.size(), made.size());
    EXPECT_EQ(again[0].noisy, "another picture");
    EXPECT_EQ(again[0].clean, made[0].clean);
    EXPECT_EQ(again[1].clean, "");
    EXPECT_EQ(again[1].noisy_psnr, made[1].noisy_psnr);
    ASSERT_EQ(again[0].outputs.size(), made[0].outputs.size());
    EXPECT_EQ(again[0].outputs[3].output, made[0].outputs[3].output);
    EXPECT_EQ(again[0].outputs[3].error, made[0].outputs[3].error);
    EXPECT_EQ(again[0].outputs[3].psnr, made[0].outputs[3].psnr);
  }
}

/// A method whose network is not the one whose weights are looked at.
class StudyWithANote : public DoneStudy {
 protected:
  StudyWithANote()
      : DoneStudy(
            {R"(study.methods.small={"objective": {"type": "noise2noise"}, "model": {"channels": 2}})"}) {}
};

TEST_F(StudyWithANote, KeepsWhatWasNotMeasured) {
  ASSERT_EQ(variances(64).size(), 2u);
  for (int session = 0; session < 2; ++session) {  // as often as it is read
    std::vector<std::string> notes;
    EXPECT_EQ(load_variances(store_, &notes).size(), 2u);
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_TRUE(
        notes[0].starts_with("small: its gradient variance is not measured: it trains another network"))
        << notes[0];
    EXPECT_EQ(variances(64).size(), 2u);
  }
}

class StudyWithoutSupervision : public DoneStudy {
 protected:
  StudyWithoutSupervision()
      : DoneStudy({R"(study.methods.supervised={"objective": {"type": "noise2noise"}})"}) {}
};

TEST_F(StudyWithoutSupervision, HasNoVarianceToCompareWith) {
  EXPECT_TRUE(variances(64).empty());
  EXPECT_FALSE(fs::exists(folder_ / "variance.json"));
}

}  // namespace
}  // namespace selfsame
