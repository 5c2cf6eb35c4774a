// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

std::vector<float> image(std::int64_t count, std::uint32_t which, float scale = 0.2f) {
  const RandomStream random(11, RandomPurpose::kTest, 0, which);
  std::vector<float> x;
  for (std::int64_t i = 0; i < count; ++i) {
    x.push_back(0.5f + scale * random.normal(static_cast<std::uint64_t>(i)));
  }
  return x;
}

/// The definition, window by window, with centred sums.
double ssim_by_definition(const std::vector<float>& x, const std::vector<float>& y, std::int64_t h,
                          std::int64_t w) {
  double total = 0;
  for (std::int64_t p = 0; p + 7 <= h; ++p) {
    for (std::int64_t q = 0; q + 7 <= w; ++q) {
      double mx = 0, my = 0, sx = 0, sy = 0, sxy = 0;
      const auto at = [&](const std::vector<float>& v, int i) {
        return static_cast<double>(v[static_cast<std::size_t>((p + i / 7) * w + q + i % 7)]);
      };
      for (int i = 0; i < 49; ++i) {
        mx += at(x, i) / 49;
        my += at(y, i) / 49;
      }
      for (int i = 0; i < 49; ++i) {
        sx += (at(x, i) - mx) * (at(x, i) - mx) / 48;
        sy += (at(y, i) - my) * (at(y, i) - my) / 48;
        sxy += (at(x, i) - mx) * (at(y, i) - my) / 48;
      }
      total += (2 * mx * my + 1e-4) * (2 * sxy + 9e-4) / ((mx * mx + my * my + 1e-4) * (sx + sy + 9e-4));
    }
  }
  return total / static_cast<double>((h - 6) * (w - 6));
}

}  // namespace

TEST(Metrics, MatchScikitImage) {
  const auto data = nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/metrics.json"));
  ASSERT_GE(data.at("cases").size(), 5u);
  for (const auto& test : data.at("cases")) {
    const auto reference = test.at("reference").get<std::vector<float>>();
    const auto prediction = test.at("prediction").get<std::vector<float>>();
    const ImageSize size{test.at("channels"), test.at("h"), test.at("w")};
    const double range = test.at("data_range");
    EXPECT_NEAR(psnr(reference, prediction, range), test.at("psnr"), 1e-9);
    EXPECT_NEAR(ssim(reference, prediction, size, range), test.at("ssim"), 1e-10);
  }
}

TEST(Metrics, SsimMatchesItsDefinition) {
  for (const auto& [h, w] : {std::pair<std::int64_t, std::int64_t>{7, 7}, {7, 30}, {31, 8}, {40, 41}}) {
    const auto x = image(h * w, 0), y = image(h * w, 1, 0.1f);
    EXPECT_NEAR(ssim(x, y, {1, h, w}, 1.0), ssim_by_definition(x, y, h, w), 1e-11);
  }
}

TEST(Metrics, SsimOfChannelsIsTheMeanOfTheirs) {
  const auto x = image(3 * 100, 0), y = image(3 * 100, 1);
  double mean = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    mean +=
        ssim(std::span(x).subspan(c * 100, 100), std::span(y).subspan(c * 100, 100), {1, 10, 10}, 1.0) / 3;
  }
  EXPECT_NEAR(ssim(x, y, {3, 10, 10}, 1.0), mean, 1e-15);
}

TEST(Metrics, EqualImagesArePerfect) {
  const auto x = image(400, 0);
  EXPECT_TRUE(std::isinf(psnr(x, x, 1.0)));
  EXPECT_NEAR(ssim(x, x, {1, 20, 20}, 1.0), 1.0, 1e-14);
}

TEST(Metrics, PsnrOfAConstantErrorIsKnown) {
  const std::vector<float> a(100, 0.25f), b(100, 0.75f);
  EXPECT_DOUBLE_EQ(psnr(a, b, 1.0), 20 * std::log10(2.0));
  EXPECT_DOUBLE_EQ(psnr(a, b, 10.0), 20 * std::log10(20.0));
}

TEST(Metrics, NanReachesTheResult) {
  auto x = image(400, 0);
  const auto y = image(400, 1);
  x[77] = std::nanf("");
  EXPECT_TRUE(std::isnan(psnr(x, y, 1.0)));
  EXPECT_TRUE(std::isnan(ssim(x, y, {1, 20, 20}, 1.0)));
}

TEST(Metrics, RefuseWhatHasNoMeaning) {
  const auto x = image(36, 0), y = image(35, 1);
  EXPECT_THROW(static_cast<void>(psnr(x, y, 1.0)), Error);
  EXPECT_THROW(static_cast<void>(psnr(x, x, 0.0)), Error);
  EXPECT_THROW(static_cast<void>(psnr({}, {}, 1.0)), Error);
  EXPECT_THROW(static_cast<void>(ssim(x, x, {1, 6, 6}, 1.0)), Error);
  EXPECT_THROW(static_cast<void>(ssim(x, x, {1, 7, 7}, 1.0)), Error);
  const auto z = image(49, 0);
  EXPECT_THROW(static_cast<void>(ssim(z, z, {1, 7, 7}, 0.0)), Error);
}

}  // namespace selfsame
