// SPDX-License-Identifier: Apache-2.0
// Every configuration in configs/ is one that `selfsame train`, or for a study `selfsame study`, would
// accept.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/config/study_config.hpp"
#include "engine/config/train_config.hpp"
#include "engine/setup/setup.hpp"
#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

TEST(Configs, EveryFileParses) {
  const std::vector<SourceFile> files = source_files({"configs"}, {".json"});
  ASSERT_FALSE(files.empty());
  for (const SourceFile& file : files) {
    const std::filesystem::path path = source_root() / file.path;
    try {
      const bool study = std::ranges::any_of(
          file.lines, [](const std::string& line) { return line.find("\"study\":") != std::string::npos; });
      const std::string name =
          study ? load_study_config(std::span(&path, 1)).name : load_train_config(std::span(&path, 1)).name;
      EXPECT_EQ(name, path.stem()) << file.path << ": runs are named after their file";
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Configs, OfTheFigureOfCameraNoiseAreThoseOfThePaper) {
  const std::filesystem::path path = source_root() / "configs/paper/figure3.json";
  const StudyConfig config = load_study_config(std::span(&path, 1));
  const auto& study = std::get<SampleStudyConfig>(config.study);
  EXPECT_EQ(study.sizes, (std::vector<std::int64_t>{100, 1000, 10000, 100000}));
  EXPECT_EQ(study.seeds.size(), 5u);
  EXPECT_EQ(study.subsets, SampleStudyConfig::Subsets::kPerSeed);
  ASSERT_EQ(study.resolved.size(), 2u);
  for (const SampleStudyConfig::Method& method : study.resolved) {
    EXPECT_EQ(method.config.data.channels, 4);
    EXPECT_EQ(method.config.validation.target, ValidationConfig::Target::kClean);
    EXPECT_EQ(make_model(model_options(method.config.model))->parameters().trainable_count(), 1425988);
  }
}

TEST(Configs, BecomeNoise2NoiseByOneOverride) {
  const std::filesystem::path path = source_root() / "configs/quickstart.json";
  const std::string overrides[] = {"objective.type=noise2noise", "validation.target=noisy",
                                   "validation.metric=loss"};
  const TrainConfig config = load_train_config(std::span(&path, 1), overrides);
  EXPECT_TRUE(objective_name(config.objective) == "noise2noise");
  EXPECT_EQ(config.validation.target, ValidationConfig::Target::kNoisy);
}

}  // namespace
}  // namespace selfsame
