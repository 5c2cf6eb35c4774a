// SPDX-License-Identifier: Apache-2.0
#include "engine/config/train_config.hpp"

#include <gtest/gtest.h>

#include "tests/engine/config/config_cases.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame::testing {
namespace {

TEST(TrainConfig, ResolvesWhatDependsOnOtherFields) {
  const TrainConfig plain = parse_train_config("{" + kOk + "}");
  EXPECT_EQ(plain.training.steps, kDefaultSteps);
  EXPECT_EQ(plain.validation.target, ValidationConfig::Target::kClean);
  EXPECT_EQ(std::get<UnetConfig>(plain.model).in, 1);
  EXPECT_DOUBLE_EQ(plain.noise.sigma_on_unit_scale(), 25.0 / 255.0);
  const TrainConfig other = parse_train_config(R"({
    "data": {"train": {"type": "dead_leaves"}, "channels": 3}, "noise": {"type": "gaussian", "sigma": 50},
    "objective": {"type": "noise2noise"}, "training": {"epochs": 2}, "model": {"type": "dncnn"}})");
  EXPECT_EQ(other.training.steps, 0);
  EXPECT_EQ(other.validation.target, ValidationConfig::Target::kNoisy);
  EXPECT_EQ(std::get<ImageObjectiveConfig>(other.objective).numbers.at("sigma"), 50.0);
  EXPECT_EQ(std::get<DncnnConfig>(other.model).out, 3);
}

TEST(TrainConfig, HoldsOutATenthWithinBounds) {
  DataConfig data;
  EXPECT_EQ(held_out_count(data, 5), 1);
  EXPECT_EQ(held_out_count(data, 400), 40);
  EXPECT_EQ(held_out_count(data, 100'000), 64);
  data.validation_count = 7;
  EXPECT_EQ(held_out_count(data, 400), 7);
}

TEST(TrainConfig, WrittenAndReadAgainIsTheSame) {
  const std::string rest[] = {
      R"("data": {"train": {"type": "folder", "path": "a", "recursive": false}, "train_size": 10, "channels": 3},
         "noise": {"type": "poisson_gaussian", "sigma": 0.1, "unit": 1, "peak": 12.5, "frozen": false},
         "objective": {"type": "noise2noise", "sigma": 0.3}, "schedule": {"type": "paper", "start_lr": 3e-7},
         "optimizer": {"type": "adamw", "lr": 3.3e-4, "weight_decay": 0.1, "ema": 0.999})",
      R"("data": {"train": {"type": "pairs", "inputs": "a", "targets": "/b"}, "crop": {"size": 0, "position": "centre"}},
         "schedule": {"type": "multi_step", "milestones": [1, 20, 300], "unit": "steps"}, "model": {"type": "dncnn"},
         "optimizer": {"type": "rmsprop", "alpha": 0.98, "momentum": 0.9}, "training": {"max_time": "11h50m"})",
      R"("data": {"train": {"type": "list", "path": "ä b.txt"}, "validation": {"type": "npy", "path": "v.npy"}},
         "noise": {"type": "poisson"}, "schedule": {"type": "plateau", "threshold_mode": "relative"},
         "optimizer": {"type": "sgd", "clip_norm": 1}, "training": {"epochs": 12})",
      R"("data": {"train": {"type": "dead_leaves", "seed": 9007199254740991}}, "noise": {"type": "gaussian"},
         "schedule": {"type": "cosine", "warmup_steps": 3}, "optimizer": {"type": "adam", "eps": 1e-300})"};
  for (const std::string& text : rest) {
    const std::string once = to_json(parse_train_config("{" + text + "}", "config", "/some/folder"));
    EXPECT_EQ(to_json(parse_train_config(once, "config", "/another")), once);
    EXPECT_EQ(once.find("/another"), std::string::npos);
  }
}

TEST(TrainConfig, QuickStartIsValid) {
  const std::filesystem::path path = source_root() / "configs/quickstart.json";
  const TrainConfig config = load_train_config(std::span(&path, 1));
  EXPECT_EQ(config.name, "quickstart");
  EXPECT_TRUE(std::holds_alternative<DeadLeavesSourceConfig>(config.data.train));
}

TEST(TrainConfig, AModelIsReadAlone) {
  const auto unet =
      std::get<UnetConfig>(parse_model_config(R"({"type": "unet", "channels": 16, "pools": 4})"));
  EXPECT_EQ(unet.in, 1);
  EXPECT_EQ(unet.out, 1);
  EXPECT_EQ(unet.channels, 16);
  const auto plain =
      std::get<UnetConfig>(parse_model_config(R"({"type": "unet", "in": 3, "out": 2, "residual": false})"));
  EXPECT_EQ(plain.in, 3);
  EXPECT_EQ(plain.out, 2);
  const ModelConfig dncnn = parse_model_config(R"({"type": "dncnn", "in": 3})");
  EXPECT_EQ(to_json(parse_model_config(to_json(dncnn))), to_json(dncnn));
  const auto refusal = [](const char* text) -> std::string {
    try {
      (void)parse_model_config(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal(R"({"type": "unet", "in": 3, "out": 2})").find("--model:1:34: /out: expected 3, as /in"),
            0U);
  EXPECT_EQ(refusal(R"({"type": "unt"})")
                .find("--model:1:10: /type: expected \"unet\", \"dncnn\", \"recon_unet\", \"magnitude_unet\" "
                      "or \"varnet\", got \"unt\"; did"),
            0U);
}

TEST(TrainConfig, HelpNamesEveryPart) {
  const std::string all = config_help();
  for (const char* part :
       {"name: ", "\"type\": \"dead_leaves\"", "warmup_steps: an integer from 0", "default 0.001"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(config_help("data.crop").find("size: an integer from 0 to 65536; default 64"), 0U);
  EXPECT_EQ(config_help("/data/crop"), config_help("data.crop"));
  EXPECT_EQ(config_help("seed").find("seed: "), 0U);
  EXPECT_NE(config_help("optimizer.momentum").find("with \"type\": \"sgd\""), std::string::npos);
  EXPECT_NE(config_help("schedule.cosine").find("warmup_steps"), std::string::npos);
  EXPECT_THROW((void)config_help("optimiser"), Error);
}

}  // namespace
}  // namespace selfsame::testing
