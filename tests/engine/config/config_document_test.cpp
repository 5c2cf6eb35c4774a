// SPDX-License-Identifier: Apache-2.0
#include "engine/config/config_document.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tests/engine/config/config_cases.hpp"

namespace selfsame::testing {
namespace {

namespace fs = std::filesystem;

// A folder of its own per test, removed at the end.
class ConfigFiles : public ::testing::Test {
 protected:
  ConfigFiles()
      : folder_(fs::temp_directory_path() /
                fmt::format("selfsame_config_{}_{}", getpid(),
                            ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(folder_ / "sub");
  }
  ~ConfigFiles() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  static TrainConfig load(std::vector<fs::path> files, std::vector<std::string> overrides = {}) {
    return load_train_config(files, overrides);
  }
  static std::string refusal(std::vector<fs::path> files, std::vector<std::string> overrides = {}) {
    try {
      (void)load_train_config(files, overrides);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
};

TEST_F(ConfigFiles, MergeFromLeftToRight) {
  const fs::path a =
      write("a.json", "{" + kOk + R"(, "seed": 1, "optimizer": {"type": "adam", "lr": 0.5, "eps": 0.25}})");
  const fs::path b = write("b.json", R"({"seed": 2, "optimizer": {"type": "adam", "lr": 0.125}})");
  const TrainConfig config = load({a, b});
  EXPECT_EQ(config.seed, 2);
  EXPECT_EQ(config.optimizer.lr, 0.125);
  EXPECT_EQ(config.optimizer.eps, 0.25);
  EXPECT_EQ(load({b, a}).seed, 1);
}

TEST_F(ConfigFiles, ABaseComesBeforeItsFileAndHasNoBase) {
  write("base.json", "{" + kOk + R"(, "seed": 7, "threads": 3})");
  const fs::path file = write("sub/file.json", R"({"$schema": "x", "base": "../base.json", "seed": 8})");
  const TrainConfig config = load({file});
  EXPECT_EQ(config.seed, 8);
  EXPECT_EQ(config.threads, 3);
  const fs::path deeper = write("deeper.json", R"({"base": "sub/file.json"})");
  EXPECT_NE(
      refusal({deeper}).find("sub/file.json:1:18: /base: expected no \"base\" in a file that is the base of"),
      std::string::npos)
      << refusal({deeper});
  const fs::path lost = write("lost.json", R"({"base": "none.json"})");
  EXPECT_EQ(refusal({lost}).find(lost.string() + ":1:10: /base: " + (folder_ / "none.json").string() +
                                 ": cannot open"),
            0U)
      << refusal({lost});
}

TEST_F(ConfigFiles, RelativePathsStartAtTheirOwnFile) {
  write(
      "base.json",
      R"({"data": {"train": {"type": "folder", "path": "images/../train"}}, "noise": {"type": "gaussian"}})");
  const fs::path file =
      write("sub/file.json",
            R"({"base": "../base.json", "data": {"validation": {"type": "npy", "path": "v.npy"}}})");
  const TrainConfig config = load({file});
  EXPECT_EQ(std::get<FolderSourceConfig>(config.data.train).path, (folder_ / "train").string());
  EXPECT_EQ(std::get<NpySourceConfig>(*config.data.validation).path, (folder_ / "sub/v.npy").string());
  const TrainConfig here = load({file}, {"data.validation.path=w.npy"});
  EXPECT_EQ(std::get<NpySourceConfig>(*here.data.validation).path, (fs::current_path() / "w.npy").string());
}

TEST_F(ConfigFiles, OverridesAreJsonOrWords) {
  const fs::path file = write("a.json", "{" + kOk + "}");
  const TrainConfig config =
      load({file},
           {"seed=5", "name=word", "training.max_time=1h30m", "logging.tensorboard=false",
            R"(optimizer={"type": "sgd", "lr": 0.5})", "optimizer.momentum=0.5", "schedule.type=multi_step",
            "schedule.milestones+=3", "schedule.milestones+=[5, 8]", "data.crop.size=32"});
  EXPECT_EQ(config.seed, 5);
  EXPECT_EQ(config.name, "word");
  EXPECT_EQ(config.training.max_time.seconds, 5400);
  EXPECT_FALSE(config.logging.tensorboard);
  EXPECT_EQ(config.optimizer.type, OptimizerConfig::Type::kSgd);
  EXPECT_EQ(config.optimizer.lr, 0.5);
  EXPECT_EQ(config.optimizer.momentum, 0.5);
  EXPECT_EQ(std::get<MultiStepScheduleConfig>(config.schedule).milestones,
            (std::vector<std::int64_t>{3, 5, 8}));
  EXPECT_EQ(config.data.crop.size, 32);
}

TEST_F(ConfigFiles, WrongOverridesNameTheArgument) {
  const fs::path file = write("a.json", "{" + kOk + R"(, "seed": 1})");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"sed=1", "--set sed=1:1:1: /sed: unknown key; did you mean \"seed\"?"},
      {"seed=x", "--set seed=x:1:6: /seed: expected an integer from 0 to 9007199254740991, got \"x\""},
      {"seed.x=1", "--set seed.x=1:1:1: /seed: expected an object, got 1"},
      {"seed", "--set seed:1:1: expected KEY.KEY=VALUE or KEY.KEY+=VALUE"},
      {"=1", "--set =1:1:1: expected KEY.KEY=VALUE or KEY.KEY+=VALUE"},
      {"data..x=1", "--set data..x=1:1:1: expected KEY.KEY=VALUE or KEY.KEY+=VALUE"},
      {"seed+=1", "--set seed+=1:1:7: /seed: expected an array to append to, got 1"},
      {"optimizer.lr=1", "--set optimizer.lr=1:1:1: /optimizer/type: missing; expected \"adam\""},
      {"data.crop={\"size\":}",
       "--set data.crop={\"size\":}:1:19: /data/crop/size: expected a value, got '}'"},
      {"name=\"x", "--set name=\"x:1:6: /name: expected the closing quote of this string"},
      {"base=x", "--set base=x:1:1: /base: unknown key"},
  };
  for (const auto& [argument, expected] : cases) {
    EXPECT_EQ(refusal({file}, {argument}).substr(0, expected.size()), expected);
  }
}

TEST_F(ConfigFiles, ANewTypeDropsTheOldTypesKeysOfEarlierLayersOnly) {
  const fs::path file =
      write("a.json", "{" + kOk + R"(, "optimizer": {"type": "adam", "lr": 0.5, "beta1": 0.5}})");
  const TrainConfig config = load({file}, {"optimizer.type=sgd"});
  EXPECT_EQ(config.optimizer.type, OptimizerConfig::Type::kSgd);
  EXPECT_EQ(config.optimizer.lr, 0.5);
  EXPECT_EQ(refusal({file}, {"optimizer.type=sgd", "optimizer.beta1=0.5"})
                .find("--set optimizer.beta1=0.5:1:11: /optimizer/beta1: unknown key; it is a key of type"),
            0U);
  EXPECT_NE(refusal({file}, {"optimizer.type=sgd", "optimizer.lrr=0.5"}).find("did you mean \"lr\"?"),
            std::string::npos);
}

TEST_F(ConfigFiles, EveryFilesMistakesAreReportedTogether) {
  const fs::path a = write("a.json", "{\"seed\": }");
  const fs::path b = write("b.json", "{\"name\" 1}");
  const std::string text = refusal({a, b, folder_ / "c.json", folder_}, {"x"});
  for (const std::string& part :
       {a.string() + ":1:10: ", b.string() + ":1:9: ",
        (folder_ / "c.json").string() + ":1:1: cannot open: No such file",
        folder_.string() + ":1:1: expected a file, got a folder", std::string("--set x:1:1: ")}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(ConfigFiles, PathologicalFilesAreAnsweredAtOnce) {
  std::string keys;
  for (int i = 0; i < 90'000; ++i) {
    keys += fmt::format("{}\"k{}\":1", i == 0 ? "{" : ",", i);
  }
  std::string items = "{\"data\":[1";
  for (int i = 0; i < 8'000'000; ++i) {
    items += ",1";
  }
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) {
    deep += "{\"data\":";
  }
  const std::vector<std::pair<fs::path, std::string>> cases{
      {write("brackets.json", std::string(1'000'000, '[')), ":1:65: "},
      {write("braces.json", deep), ":1:513: "},
      {write("spaces.json", std::string(100'000'000, ' ')),
       ":1:1: expected a file of at most 16777216 bytes"},
      {write("items.json", items + "]}"), "expected at most 100000 values"},
      {write("keys.json", keys + "}"), "and 89901 more mistakes"},
      {write("long.json", "{\"" + std::string(16'000'000, 'k') + "\":1}"),
       "expected a string of at most 65536 bytes"},
      {"/dev/zero", ":1:1: expected a file of at most 16777216 bytes"},
  };
  for (const auto& [path, expected] : cases) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string text = refusal({path});
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    EXPECT_NE(text.find(expected), std::string::npos) << path << "\n" << text.substr(0, 500);
    EXPECT_LT(text.size(), 100'000U) << path;
#if defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(time.count(), 10.0) << path;  // instrumented code is many times slower
#else
    EXPECT_LT(time.count(), 0.5) << path;
#endif
  }
}

}  // namespace
}  // namespace selfsame::testing
