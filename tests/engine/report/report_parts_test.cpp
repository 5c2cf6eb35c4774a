// SPDX-License-Identifier: Apache-2.0
#include "engine/report/report_parts.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace selfsame {
namespace {

TEST(ReportParts, ValuesCarryTheirUnit) {
  EXPECT_EQ(value_text("val_psnr", 28.754), "28.75 dB");
  EXPECT_EQ(value_text("val_ssim", 0.81234), "0.8123");
  EXPECT_EQ(value_text("val_loss", 0.00123456), "0.001235");
  EXPECT_EQ(value_text("val_psnr", NAN), "-");
}

TEST(ReportParts, TheSettingIsOneSentence) {
  RunRecord run;
  EXPECT_EQ(setting_text(run), "");
  run.config = {{"objective.type", "noise2noise"},
                {"data.train.type", "folder"},
                {"data.train.path", "images"},
                {"data.train.count", "400"},
                {"noise.type", "gaussian"},
                {"noise.sigma", "25"},
                {"noise.unit", "255"}};
  EXPECT_EQ(setting_text(run),
            "objective noise2noise on 400 images of folder images with gaussian noise, sigma 25 of 255");
}

TEST(ReportParts, LabelsTellRunsApart) {
  RunRecord a, b;
  a.path = std::filesystem::path("runs/a");
  b.path = std::filesystem::path("runs/b");
  const auto labels = [&] { return labels_of(std::vector<RunRecord>{a, b}); };
  EXPECT_EQ(labels(), (std::vector<std::string>{"runs/a", "runs/b"}));
  a.name = std::string("first");
  b.name = std::string("second");
  EXPECT_EQ(labels(), (std::vector<std::string>{"first", "second"}));
  a.config = {{"objective.type", "supervised"}};
  b.config = {{"objective.type", "noise2noise"}};
  EXPECT_EQ(labels(), (std::vector<std::string>{"supervised", "noise2noise"}));
}

TEST(ReportParts, RunningMeanSkipsMissingValues) {
  EXPECT_EQ(running_mean(std::vector<double>{1, 3, NAN, 5}, 2), (std::vector<double>{1, 2, 3, 5}));
  EXPECT_TRUE(std::isnan(running_mean(std::vector<double>{NAN}, 2)[0]));
}

}  // namespace
}  // namespace selfsame
