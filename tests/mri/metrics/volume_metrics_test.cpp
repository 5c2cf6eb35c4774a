// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/volume_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "mri/metrics/metrics.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::vector<float> random_volume(const VolumeShape& shape, std::uint32_t which) {
  const RandomStream random(12, RandomPurpose::kTest, 3, which);
  std::vector<float> values;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(shape.count()); ++i) {
    values.push_back(random.uniform(i));
  }
  return values;
}

void expect_row(const VolumeQuality& quality, const nlohmann::json& row) {
  EXPECT_NEAR(quality.nmse, row[0], 1e-9 * row[0].get<double>());
  EXPECT_NEAR(quality.psnr, row[1], 1e-9);
  EXPECT_NEAR(quality.ssim, row[2], 1e-9);
  EXPECT_NEAR(quality.relative_l1, row[3], 1e-9 * row[3].get<double>());
}

const VolumeShape kShape{3, 8, 9};

std::string refusal(std::vector<float> reference, std::vector<float> prediction, MetricRules rules) {
  return error_text<Error>(
      [&] { static_cast<void>(volume_quality(reference, prediction, kShape, {.rules = rules})); });
}

}  // namespace

TEST(VolumeMetrics, MatchNumPyAndScikitImage) {
  const auto data =
      nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/volume_metrics.json"));
  ASSERT_GE(data.at("cases").size(), 3u);
  for (const auto& test : data.at("cases")) {
    const VolumeShape shape{test.at("slices"), test.at("h"), test.at("w")};
    const auto reference = test.at("reference").get<std::vector<float>>();
    const auto prediction = test.at("prediction").get<std::vector<float>>();
    const auto quality = [&](MetricRules rules, std::optional<double> max = {}) {
      return volume_quality(reference, prediction, shape, {.rules = rules, .max = max});
    };
    ASSERT_EQ(quality(MetricRules::kFastMri).size(), 1u);
    expect_row(quality(MetricRules::kFastMri)[0], test.at("fastmri"));
    expect_row(quality(MetricRules::kFastMri, test.at("attribute_max").get<double>())[0],
               test.at("fastmri_attribute_max"));
    const std::vector<VolumeQuality> slices = quality(MetricRules::kPaper);
    const std::vector<VolumeQuality> mean = quality(MetricRules::kSliceMax);
    ASSERT_EQ(static_cast<std::int64_t>(slices.size()), shape.slices);
    ASSERT_EQ(mean.size(), 1u);
    double psnr_sum = 0;
    for (std::size_t s = 0; s < slices.size(); ++s) {
      expect_row(slices[s], test.at("slice")[s]);
      psnr_sum += test.at("slice")[s][1].get<double>();
    }
    EXPECT_NEAR(mean[0].psnr, psnr_sum / static_cast<double>(slices.size()), 1e-9);
  }
}

TEST(VolumeMetrics, MaskZeroesThePredictionAlone) {
  const auto reference = random_volume(kShape, 0), prediction = random_volume(kShape, 1);
  std::vector<std::uint8_t> mask;
  std::vector<float> masked;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    mask.push_back(i % 3 != 0);
    masked.push_back(i % 3 != 0 ? prediction[i] : 0.0f);
  }
  for (const MetricRules rules : {MetricRules::kFastMri, MetricRules::kPaper}) {
    const auto with =
        volume_quality(reference, prediction, kShape, {.rules = rules, .max = {}, .mask = mask});
    const auto expected = volume_quality(reference, masked, kShape, {.rules = rules});
    for (std::size_t s = 0; s < with.size(); ++s) {
      EXPECT_EQ(with[s].psnr, expected[s].psnr);
      EXPECT_EQ(with[s].ssim, expected[s].ssim);
    }
    EXPECT_NE(with[0].nmse, volume_quality(reference, prediction, kShape, {.rules = rules})[0].nmse);
  }
}

TEST(VolumeMetrics, OfEqualVolumesArePerfect) {
  const auto x = random_volume(kShape, 0);
  for (const MetricRules rules : {MetricRules::kFastMri, MetricRules::kSliceMax, MetricRules::kPaper}) {
    for (const VolumeQuality& quality : volume_quality(x, x, kShape, {.rules = rules})) {
      EXPECT_EQ(quality.nmse, 0.0);
      EXPECT_TRUE(std::isinf(quality.psnr));
      EXPECT_NEAR(quality.ssim, 1.0, 1e-14);
    }
  }
}

TEST(VolumeMetrics, DoNotChangeWithTheUnit) {
  const auto x = random_volume(kShape, 0), y = random_volume(kShape, 1);
  auto scaled_x = x, scaled_y = y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    scaled_x[i] *= 0x1p-20f;
    scaled_y[i] *= 0x1p-20f;
  }
  for (const MetricRules rules : {MetricRules::kFastMri, MetricRules::kSliceMax}) {
    const VolumeQuality a = volume_quality(x, y, kShape, {.rules = rules})[0];
    const VolumeQuality b = volume_quality(scaled_x, scaled_y, kShape, {.rules = rules})[0];
    EXPECT_NEAR(a.psnr, b.psnr, 1e-12);
    EXPECT_NEAR(a.ssim, b.ssim, 1e-12);
    EXPECT_NEAR(a.nmse, b.nmse, 1e-14);
  }
}

TEST(VolumeMetrics, SayWhereAValueIsNotFiniteOrAReferenceIsEmpty) {
  const auto good = random_volume(kShape, 0);
  auto bad = good;
  bad[72 + 9 * 2 + 5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(
      refusal(good, bad, MetricRules::kFastMri).find("prediction holds nan at slice 1, row 2, column 5"),
      std::string::npos);
  EXPECT_NE(refusal(bad, good, MetricRules::kPaper).find("reference holds nan at slice 1, row 2, column 5"),
            std::string::npos);
  auto empty = good;
  std::fill(empty.begin() + 72, empty.begin() + 144, 0.0f);
  EXPECT_EQ(refusal(empty, good, MetricRules::kFastMri), "") << "the volume's maximum is positive";
  EXPECT_NE(refusal(empty, good, MetricRules::kPaper).find("reference's slice 1 has the maximum 0"),
            std::string::npos);
  std::fill(empty.begin(), empty.end(), 0.0f);
  EXPECT_NE(refusal(empty, good, MetricRules::kFastMri).find("the reference has the maximum 0"),
            std::string::npos);
}

TEST(VolumeMetrics, RefuseShapesThatDoNotFit) {
  const auto x = random_volume(kShape, 0);
  EXPECT_THROW(static_cast<void>(volume_quality(x, x, {3, 9, 9}, {})), Error);
  EXPECT_THROW(static_cast<void>(volume_quality(x, x, {4, 6, 9}, {})), Error) << "below 7x7";
  EXPECT_THROW(static_cast<void>(volume_quality(x, std::span(x).first(5), kShape, {})), Error);
  EXPECT_THROW(static_cast<void>(volume_quality(x, x, kShape, {.max = 0.0})), Error);
}

TEST(VolumeMetrics, RulesHaveNamesAndDefinitions) {
  for (const MetricRules rules : {MetricRules::kFastMri, MetricRules::kSliceMax, MetricRules::kPaper}) {
    EXPECT_EQ(metric_rules(name_of(rules)), rules);
    EXPECT_NE(definitions_of(rules).psnr.find(rules == MetricRules::kFastMri ? "reference volume"
                                                                             : "reference slice"),
              std::string::npos);
  }
  EXPECT_EQ(unit_of(MetricRules::kPaper), "slice");
  EXPECT_EQ(unit_of(MetricRules::kSliceMax), "volume");
  EXPECT_NE(error_text<Error>([] { static_cast<void>(metric_rules("fastMRI")); }).find("slice_max or paper"),
            std::string::npos);
}

TEST(VolumeMetrics, SummaryHasMeanSampleDeviationAndInterval) {
  const std::vector<VolumeQuality> values{{.psnr = 30}, {.psnr = 32}, {.psnr = 37}};
  const MetricSummary s = summary_of(values, &VolumeQuality::psnr);
  EXPECT_EQ(s.n, 3);
  EXPECT_DOUBLE_EQ(s.mean, 33.0);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(13.0));  // (9 + 1 + 16) / 2
  EXPECT_DOUBLE_EQ(s.low(), 33.0 - 2 * std::sqrt(13.0));
  EXPECT_DOUBLE_EQ(s.high(), 33.0 + 2 * std::sqrt(13.0));
  EXPECT_DOUBLE_EQ(s.standard_error(), std::sqrt(13.0 / 3));
  EXPECT_TRUE(std::isnan(summary_of(std::span(values).first(1), &VolumeQuality::psnr).deviation));
}

TEST(ComplexNrmse, IsTheRelativeDistance) {
  const std::vector<std::complex<float>> a{{3, 0}, {0, 4}}, b{{3, 1}, {2, 4}};
  EXPECT_DOUBLE_EQ(complex_nrmse<float>(a, b), std::sqrt(5.0) / 5.0);
  EXPECT_EQ(complex_nrmse<float>(a, a), 0.0);
  EXPECT_THROW(static_cast<void>(complex_nrmse<double>({}, {})), Error);
  EXPECT_THROW(static_cast<void>(complex_nrmse<float>(a, std::span(b).first(1))), Error);
}

}  // namespace selfsame
