// SPDX-License-Identifier: Apache-2.0
#include "engine/setup/setup.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "engine/data/dead_leaves.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

constexpr const char* kBase = R"({
  "data": {"train": {"type": "dead_leaves", "count": 40, "height": 32, "width": 32}, "crop": {"size": 16}, %DATA%
           "channels": 1},
  "noise": {"type": "gaussian", "sigma": 51, "unit": 255},
  "objective": %OBJECTIVE%,
  "model": {"type": "unet", "channels": 4, "pools": 1},
  "optimizer": {"type": "rmsprop", "lr": 0.02, "alpha": 0.9, "momentum": 0.5, "eps": 1e-6, "weight_decay": 0.125},
  "schedule": %SCHEDULE%,
  "training": {"batch": 4, %LENGTH%}
})";

TrainConfig config_with(std::string schedule, std::string length = R"("steps": 100)",
                        std::string objective = R"({"type": "supervised"})", std::string data = "") {
  std::string text = kBase;
  const auto put = [&](const std::string& mark, const std::string& with) {
    text.replace(text.find(mark), mark.size(), with);
  };
  put("%DATA%", data);
  put("%OBJECTIVE%", objective);
  put("%SCHEDULE%", schedule);
  put("%LENGTH%", length);
  return parse_train_config(text);
}

TEST(Setup, MilestonesInEpochsBecomeSteps) {
  const TrainConfig config = config_with(
      R"({"type": "multi_step", "milestones": [2, 5], "unit": "epochs", "factor": 0.25})", R"("epochs": 10)");
  const ScheduleOptions o = schedule_options(config, 90, 9.0);
  EXPECT_EQ(o.type, ScheduleType::kMultiStep);
  EXPECT_EQ(o.milestones, (std::vector<std::int64_t>{18, 45}));
  EXPECT_EQ(o.factor, 0.25);
  EXPECT_EQ(o.lr, 0.02);
}

TEST(Setup, MultiStepTakesItsStopRules) {
  const TrainConfig config = config_with(
      R"({"type": "multi_step", "milestones": [2], "stop_after_intervals": 3, "low_lr": 1e-6, "stop_at_low_lr": 5})");
  const ScheduleOptions o = schedule_options(config, 100, 9.0);
  EXPECT_EQ(o.intervals_without_gain, 3);
  EXPECT_EQ(o.low_lr, 1e-6);
  EXPECT_EQ(o.validations_at_low_lr, 5);
  const ScheduleOptions none =
      schedule_options(config_with(R"({"type": "multi_step", "milestones": [2]})"), 100, 9.0);
  EXPECT_EQ(none.intervals_without_gain, 0);
  EXPECT_EQ(none.validations_at_low_lr, 0);
}

TEST(Setup, ChannelsAreMadeAsTheConfigurationAsks) {
  DataConfig data;
  for (const auto& [channels, mode] :
       {std::pair{1, ChannelMode::kGray}, {3, ChannelMode::kColor}, {4, ChannelMode::kPacked}}) {
    data.channels = channels;
    EXPECT_EQ(channel_mode(data), mode);
  }
}

TEST(Setup, PaperScheduleTakesEveryKey) {
  const TrainConfig config = config_with(
      R"({"type": "paper", "start_lr": 1e-5, "growth": 3, "growth_patience": 2, "back_off": 9, "factor": 0.1,
          "patience": 4, "threshold": 0.5, "threshold_mode": "relative", "min_lr": 1e-6, "stop_after_intervals": 3,
          "stop_at_min_lr": 5})");
  const ScheduleOptions o = schedule_options(config, 100, 9.0);
  EXPECT_EQ(o.type, ScheduleType::kPaper);
  EXPECT_TRUE(o.double_up);
  EXPECT_EQ(o.lr, 1e-5);
  EXPECT_EQ(o.growth, 3);
  EXPECT_EQ(o.double_patience, 2);
  EXPECT_EQ(o.back_off, 9);
  EXPECT_EQ(o.factor, 0.1);
  EXPECT_EQ(o.patience, 4);
  EXPECT_EQ(o.threshold, 0.5);
  EXPECT_FALSE(o.threshold_is_absolute);
  EXPECT_EQ(o.min_lr, 1e-6);
  EXPECT_EQ(o.intervals_without_gain, 3);
  EXPECT_EQ(o.validations_at_min_lr, 5);
  // The first new best multiplies the rate by the configured growth.
  const auto schedule = make_schedule(o);
  schedule->on_validation(20.0, true, 1);
  EXPECT_DOUBLE_EQ(schedule->lr_for_step(1), 3e-5);
}

TEST(Setup, PaperScheduleWithoutDoublingStartsAtTheOptimisersRate) {
  const ScheduleOptions o = schedule_options(config_with(R"({"type": "paper", "start_lr": 0})"), 100, 9.0);
  EXPECT_FALSE(o.double_up);
  EXPECT_EQ(o.lr, 0.02);
}

TEST(Setup, OptimiserTakesEveryKey) {
  const OptimizerOptions o = optimizer_options(config_with(R"({"type": "constant"})").optimizer);
  EXPECT_EQ(o.type, OptimizerType::kRmsprop);
  EXPECT_EQ(o.lr, 0.02);
  EXPECT_EQ(o.alpha, 0.9);
  EXPECT_EQ(o.momentum, 0.5);
  EXPECT_EQ(o.eps, 1e-6);
  EXPECT_EQ(o.weight_decay, 0.125);
}

TEST(Setup, NoiseLevelsAreOnTheUnitScale) {
  const TrainConfig supervised = config_with(R"({"type": "constant"})");
  EXPECT_FLOAT_EQ(noise_model(supervised.noise).sigma, 0.2f);
  const TrainConfig n2n =
      config_with(R"({"type": "constant"})", R"("steps": 10)", R"({"type": "noise2noise", "sigma": 102})");
  EXPECT_FLOAT_EQ(target_noise_model(n2n, *make_objective(n2n)).sigma, 0.4f);
  EXPECT_FLOAT_EQ(noise_model(n2n.noise).sigma, 0.2f);
  EXPECT_EQ(make_objective(n2n)->target_kind(), TargetKind::kSecondNoisy);
  EXPECT_EQ(make_objective(supervised)->target_kind(), TargetKind::kClean);
}

TEST(Setup, ValidationImagesAreInNoTrainingSubset) {
  const auto model = make_unet({1, 1, 4, 1, true});
  std::set<std::uint32_t> smaller;
  for (const std::int64_t size : {5, 20, 36}) {
    TrainConfig config = config_with(R"({"type": "constant"})", R"("steps": 10)", R"({"type": "supervised"})",
                                     R"("validation_count": 4,)");
    config.data.train_size = size;
    const RunData data = open_run_data(config, *model);
    EXPECT_EQ(static_cast<std::int64_t>(data.train_examples.size()), size);
    EXPECT_EQ(data.validation_examples.size(), 4u);
    const std::set<std::uint32_t> train(data.train_examples.begin(), data.train_examples.end());
    for (const std::uint32_t example : data.validation_examples) {
      EXPECT_EQ(train.count(example), 0u);
    }
    for (const std::uint32_t example : smaller) {
      EXPECT_EQ(train.count(example), 1u) << "subsets are nested";
    }
    smaller = train;
  }
}

TEST(Setup, AskingForMoreImagesThanThereAreNamesTheNumbers) {
  TrainConfig config = config_with(R"({"type": "constant"})", R"("steps": 10)", R"({"type": "supervised"})",
                                   R"("validation_count": 4,)");
  config.data.train_size = 37;
  try {
    (void)open_run_data(config, *make_unet({1, 1, 4, 1, true}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("37"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("36"), std::string::npos) << error.what();
  }
}

/// A folder of eight PNG files of which one is cut off within its pixels: its header is whole.
class DamagedFolder : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 8; ++i) {
      DeadLeavesOptions leaves;
      leaves.height = leaves.width = 32;
      write_png((folder_ / fmt::format("{}.png", i)).string(), dead_leaves_image(leaves, i), 8);
    }
    const std::filesystem::path damaged = folder_ / "3.png";
    std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) / 2);
  }
  TrainConfig config(DataConfig::OnError policy) {
    TrainConfig config = config_with(R"({"type": "constant"})", R"("steps": 10)", R"({"type": "supervised"})",
                                     R"("validation_count": 2,)");
    config.data.train = FolderSourceConfig{folder_ / "", true};
    config.data.on_error = policy;
    return config;
  }
  TemporaryFolder folder_;
};

TEST_F(DamagedFolder, IsReadWithoutTheDamagedFileWhereBadFilesAreSkipped) {
  const RunData data = open_run_data(config(DataConfig::OnError::kSkip), *make_unet({1, 1, 4, 1, true}));
  EXPECT_EQ(data.train_examples.size() + data.validation_examples.size(), 7u);
  for (const auto* examples : {&data.train_examples, &data.validation_examples}) {
    for (const std::uint32_t example : *examples) {
      EXPECT_NO_THROW((void)data.train->load(example)) << data.train->name(example);
    }
  }
  ASSERT_EQ(data.warnings.size(), 1u);
  EXPECT_NE(data.warnings[0].find("3.png"), std::string::npos) << data.warnings[0];
}

TEST_F(DamagedFolder, IsAnErrorThatNamesTheFileWhereBadFilesAreRefused) {
  const RunData data = open_run_data(config(DataConfig::OnError::kRefuse), *make_unet({1, 1, 4, 1, true}));
  EXPECT_EQ(data.train_examples.size() + data.validation_examples.size(), 8u);
  try {
    (void)data.train->load(3);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("3.png"), std::string::npos) << error.what();
  }
}

TEST(Setup, LengthInEpochsCoversEveryExample) {
  const RunLength length =
      run_length(config_with(R"({"type": "constant"})", R"("epochs": 3)"), 10);  // batch 4
  EXPECT_EQ(length.total_steps, 8);                                              // 30 samples
  std::vector<std::int64_t> validated;
  for (std::int64_t step = 1; step <= length.total_steps; ++step) {
    if (length.validates_after(step, 4, 10)) {
      validated.push_back(step);
    }
  }
  EXPECT_EQ(validated, (std::vector<std::int64_t>{3, 5, 8}));  // after 12, 20 and 32 samples: epochs 1, 2, 3
}

TEST(Setup, LengthInStepsValidatesTwentyTimes) {
  const RunLength length = run_length(config_with(R"({"type": "constant"})", R"("steps": 100)"), 10);
  int validations = 0;
  for (std::int64_t step = 1; step <= length.total_steps; ++step) {
    validations += length.validates_after(step, 4, 10) ? 1 : 0;
  }
  EXPECT_EQ(validations, 20);
}

}  // namespace
}  // namespace selfsame
