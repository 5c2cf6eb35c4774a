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
