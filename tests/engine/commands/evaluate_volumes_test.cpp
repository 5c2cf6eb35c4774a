// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/evaluate_volumes.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/device/philox.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/metrics/volume_metrics.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

std::vector<float> random_volume(std::int64_t count, std::uint32_t which) {
  const RandomStream random(21, RandomPurpose::kTest, 4, which);
  std::vector<float> values;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    values.push_back(random.uniform(i));
  }
  return values;
}

class EvaluateVolumes : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "a");
    fs::create_directories(folder_ / "b");
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::vector<float>& values,
             std::vector<std::int64_t> shape) const {
    write_npy<float>(path(name), values, shape);
  }
  /// Two volumes of 2 and 3 slices of 10 x 8 in both folders.
  void write_folders() const {
    write("a/v1.npy", one_, {2, 10, 8});
    write("b/v1.npy", one_prediction_, {2, 10, 8});
    write("a/v2.npy", two_, {3, 10, 8});
    write("b/v2.npy", two_prediction_, {3, 10, 8});
  }
  ProgramResult run(std::vector<std::string> more, const std::string& a = "a",
                    const std::string& b = "b") const {
    std::vector<std::string> arguments{"evaluate", "--reference", path(a), "--prediction", path(b)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return selfsame_program(arguments);
  }
  nlohmann::json json(std::vector<std::string> more = {}, const std::string& a = "a",
                      const std::string& b = "b") const {
    more.insert(more.end(), {"--json", "-"});
    const ProgramResult result = run(more, a, b);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
  TemporaryFolder folder_;
  std::vector<float> one_ = random_volume(160, 0), one_prediction_ = random_volume(160, 1);
  std::vector<float> two_ = random_volume(240, 2), two_prediction_ = random_volume(240, 3);
};

}  // namespace

TEST_F(EvaluateVolumes, OfFoldersByTheRulesOfFastMri) {
  write_folders();
  const nlohmann::json result = json();
  ASSERT_EQ(result.at("volumes").size(), 2u);
  EXPECT_EQ(result.at("crop"), "square");
  EXPECT_EQ(result.at("volumes")[0].at("height"), 8) << "10 x 8 is cropped to 8 x 8";
  std::vector<VolumeQuality> expected;
  for (const auto& [r, p, slices] : {std::tuple{one_, one_prediction_, 2}, {two_, two_prediction_, 3}}) {
    std::vector<float> cropped_r, cropped_p;  // rows 1 to 8
    for (int s = 0; s < slices; ++s) {
      cropped_r.insert(cropped_r.end(), r.begin() + s * 80 + 8, r.begin() + s * 80 + 72);
      cropped_p.insert(cropped_p.end(), p.begin() + s * 80 + 8, p.begin() + s * 80 + 72);
    }
    expected.push_back(volume_quality(cropped_r, cropped_p, {slices, 8, 8}, {})[0]);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(result.at("volumes")[i].at("psnr"), expected[i].psnr, 1e-12);
    EXPECT_NEAR(result.at("volumes")[i].at("ssim"), expected[i].ssim, 1e-12);
    EXPECT_NEAR(result.at("volumes")[i].at("nmse"), expected[i].nmse, 1e-12);
  }
  const nlohmann::json& mean = result.at("mean");
  EXPECT_EQ(mean.at("n"), 2);
  EXPECT_EQ(mean.at("of"), "volumes");
  const double middle = (expected[0].psnr + expected[1].psnr) / 2;
  const double deviation = std::abs(expected[0].psnr - expected[1].psnr) / std::sqrt(2.0);
  EXPECT_NEAR(mean.at("psnr").at("mean"), middle, 1e-12);
  EXPECT_NEAR(mean.at("psnr").at("standard_deviation"), deviation, 1e-12);
  EXPECT_NEAR(mean.at("psnr").at("interval")[0], middle - 2 * deviation, 1e-11);
  EXPECT_NEAR(mean.at("psnr").at("interval")[1], middle + 2 * deviation, 1e-11);
}

TEST_F(EvaluateVolumes, ByTheRulesOfThePaperCountsSlices) {
  write_folders();
  const nlohmann::json result = json({"--rules", "paper"});
  EXPECT_EQ(result.at("crop"), "none");
  EXPECT_EQ(result.at("mean").at("n"), 5);
  EXPECT_EQ(result.at("mean").at("of"), "slices");
  const auto expected = volume_quality(two_, two_prediction_, {3, 10, 8}, {.rules = MetricRules::kPaper});
  for (std::size_t s = 0; s < 3; ++s) {
    EXPECT_NEAR(result.at("volumes")[1].at("slice_values")[s].at("psnr"), expected[s].psnr, 1e-12);
  }
  EXPECT_NE(json({"--rules", "slice_max"}).at("mean").at("psnr").at("mean"),
            result.at("mean").at("psnr").at("mean"))
      << "the mean over volumes of unequal length is another one";
}

TEST_F(EvaluateVolumes, PrintsTheDefinitionsWithTheTable) {
  write_folders();
  const ProgramResult result = run({"--json", path("e.json")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* said : {"v1.npy", "v2.npy", "2x8x8", "max of the reference volume", "7x7", "2 volumes",
                           "+- 2 sd", "standard error", "Rules: fastmri; crop: square"}) {
    EXPECT_NE(result.out.find(said), std::string::npos) << said << " in\n" << result.out;
  }
  std::ifstream in(path("e.json"));
  const nlohmann::json stored = nlohmann::json::parse(in);
  EXPECT_EQ(stored, json());
  const double psnr = stored.at("mean").at("psnr").at("mean");
  EXPECT_NE(result.out.find(fmt::format("{:.3f}", psnr)), std::string::npos) << result.out;
}

TEST_F(EvaluateVolumes, OfEqualFoldersHaveNoDeviationOfThePsnr) {
  write_folders();
  const ProgramResult result = run({}, "a", "a");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("inf"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("n/a"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("nan"), std::string::npos) << result.out;
}

TEST_F(EvaluateVolumes, TakesFilesMasksAndMagnitudes) {
  write("a/v.npy", one_, {2, 10, 8});
  std::vector<std::complex<float>> turned;
  for (const float value : one_) {
    turned.emplace_back(0.0f, -value);
  }
  write_npy<std::complex<float>>(path("b/z.npy"), turned, std::vector<std::int64_t>{2, 10, 8});
  const nlohmann::json equal = json({"--crop", "none"}, "a/v.npy", "b/z.npy");
  EXPECT_EQ(equal.at("mean").at("nmse").at("mean"), 0.0);
  EXPECT_TRUE(equal.at("mean").at("psnr").at("mean").is_null()) << "infinite";
  EXPECT_TRUE(equal.at("volumes")[0].at("prediction_complex").get<bool>());
  std::vector<float> mask(80, 1.0f);
  for (std::size_t i = 0; i < 40; ++i) {
    mask[i] = 0.0f;
  }
  write("mask.npy", mask, {10, 8});
  double all = 0, outside = 0;
  for (std::size_t i = 0; i < one_.size(); ++i) {
    const double square = static_cast<double>(one_[i]) * static_cast<double>(one_[i]);
    all += square;
    outside += i % 80 < 40 ? square : 0.0;
  }
  const nlohmann::json masked = json({"--crop", "none", "--mask", path("mask.npy")}, "a/v.npy", "b/z.npy");
  EXPECT_NEAR(masked.at("mean").at("nmse").at("mean"), outside / all, 1e-12);
  const nlohmann::json cropped = json({"--crop", "7x8"}, "a/v.npy", "b/z.npy");
  EXPECT_EQ(cropped.at("volumes")[0].at("height"), 7);
}

TEST_F(EvaluateVolumes, NamesWhatIsWrongWithTheFiles) {
  write_folders();
  write("a/only-a.npy", one_, {2, 10, 8});
  write("b/only-b.npy", one_, {2, 10, 8});
  const ProgramResult partner = run({});
  EXPECT_EQ(partner.exit_code, 3);
  EXPECT_NE(partner.err.find("only-a.npy: not in " + path("b")), std::string::npos) << partner.err;
  EXPECT_NE(partner.err.find("only-b.npy: not in " + path("a")), std::string::npos) << partner.err;

  write("other.npy", one_, {2, 8, 10});
  const ProgramResult shape = run({}, "a/v1.npy", "other.npy");
  EXPECT_EQ(shape.exit_code, 3);
  EXPECT_NE(shape.err.find("(2, 10, 8)"), std::string::npos) << shape.err;
  EXPECT_NE(shape.err.find(path("other.npy") + " the shape (2, 8, 10)"), std::string::npos) << shape.err;

  std::vector<float> nan = one_;
  nan[80 + 8 * 2 + 3] = std::nanf("");
  write("nan.npy", nan, {2, 10, 8});
  const ProgramResult not_finite = run({"--crop", "none"}, "a/v1.npy", "nan.npy");
  EXPECT_EQ(not_finite.exit_code, 3);
  EXPECT_NE(not_finite.err.find(path("nan.npy")), std::string::npos) << not_finite.err;
  EXPECT_NE(not_finite.err.find("slice 1, row 2, column 3"), std::string::npos) << not_finite.err;

  write("small.npy", std::vector<float>(36, 1.0f), {6, 6});
  EXPECT_NE(run({}, "small.npy", "small.npy").err.find("below the 7x7"), std::string::npos);
  write("mask.npy", std::vector<float>(80, 0.5f), {10, 8});
  EXPECT_NE(run({"--mask", path("mask.npy")}, "a/v1.npy", "b/v1.npy").err.find("0 and 1, not 0.5"),
            std::string::npos);
  EXPECT_EQ(run({}, "absent", "b").exit_code, 3);
}

TEST_F(EvaluateVolumes, RefusesArgumentsThatDoNotBelongTogether) {
  write_folders();
  EXPECT_EQ(selfsame_program({"evaluate", "--reference", path("a")}).exit_code, 2);
  EXPECT_EQ(run({"--run", path("a")}).exit_code, 2);
  EXPECT_EQ(run({}, "a", "b/v1.npy").exit_code, 2) << "a folder and a file";
  const ProgramResult rules = run({"--rules", "mean"});
  EXPECT_EQ(rules.exit_code, 2);
  EXPECT_NE(rules.err.find("fastmri, slice_max or paper"), std::string::npos) << rules.err;
  EXPECT_EQ(run({"--crop", "5x5"}).exit_code, 2);
  EXPECT_EQ(run({"--crop", "12y3"}).exit_code, 2);
  const ProgramResult nothing = selfsame_program({"evaluate"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_NE(nothing.err.find("--run DIR"), std::string::npos) << nothing.err;
}

}  // namespace selfsame
