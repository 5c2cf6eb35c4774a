// SPDX-License-Identifier: Apache-2.0
// Several runs of accelerated MRI in one trainer: each leaves the bytes of the same run alone.
#include <gtest/gtest.h>

#include "tests/support/lane_runs.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

std::vector<TrainConfig> lanes_with(const std::vector<std::string>& shared) {
  std::vector<TrainConfig> configs;
  for (std::vector<std::string> own : {std::vector<std::string>{},
                                       {"seed=2", "data.train_size=3"},
                                       {"data.train_size=4", "data.train_seed=7"}}) {
    own.insert(own.end(), {"training.steps=6", "validation.every_steps=3"});
    own.insert(own.end(), shared.begin(), shared.end());
    configs.push_back(parse_train_config(kTinyKSpaceRun, "tiny", fs::current_path(), own));
  }
  return configs;
}

struct Case {
  const char* name;
  std::vector<std::string> settings;
};

std::vector<Case> cases() {
  return {
      {"weighted ssdu", {}},
      {"supervised, fresh masks, an average of the weights",
       {R"(objective={"type": "supervised_kspace"})", "kspace.mask.frozen=false", "optimizer.type=adam",
        "optimizer.ema=0.9", "validation.target=clean"}},
      {"varnet",
       {R"(model={"type": "varnet", "cascades": 1, "channels": 2, "pools": 1, "map_channels": 2, "map_pools": 1})"}}};
}

TEST(KSpaceLanes, AreTheRunsAloneWhereverTheyBegin) {
  const TemporaryFolder folder;
  int number = 0;
  const std::int64_t stops[] = {4, 0, 1};  // 0: has not begun
  for (const Case& c : cases()) {
    const std::vector<TrainConfig> configs = lanes_with(c.settings);
    std::vector<LaneRun> expected;
    std::vector<fs::path> fresh, resumed;
    for (std::size_t l = 0; l < configs.size(); ++l) {
      expected.push_back(lane_session({configs[l]}, {folder / std::to_string(number++)}, 1)[0]);
      ASSERT_EQ(expected[l].validations.size(), 2u) << c.name;
      fresh.push_back(folder / std::to_string(number++));
      resumed.push_back(folder / std::to_string(number++));
      if (stops[l] > 0) {
        (void)lane_session({configs[l]}, {resumed[l]}, 1, stops[l]);
      }
    }
    EXPECT_NE(expected[0].losses, expected[1].losses) << c.name;
    EXPECT_NE(expected[0].losses, expected[2].losses) << c.name;
    const std::vector<LaneRun> together = lane_session(configs, fresh, 2);
    const std::vector<LaneRun> continued = lane_session(configs, resumed, 1);
    for (std::size_t l = 0; l < configs.size(); ++l) {
      EXPECT_EQ(together[l].losses, expected[l].losses) << c.name << ", lane " << l;
      EXPECT_EQ(together[l].validations, expected[l].validations) << c.name << ", lane " << l;
      EXPECT_TRUE(together[l] == expected[l]) << c.name << ", lane " << l;
      EXPECT_TRUE(continued[l].last == expected[l].last) << c.name << ", lane " << l;
      EXPECT_TRUE(continued[l].best == expected[l].best) << c.name << ", lane " << l;
    }
  }
}

}  // namespace
}  // namespace selfsame
