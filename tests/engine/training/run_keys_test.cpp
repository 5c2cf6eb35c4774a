// SPDX-License-Identifier: Apache-2.0
#include "engine/training/run_keys.hpp"

#include <gtest/gtest.h>

#include "tests/support/tiny_kspace_run.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

TrainConfig config_with(std::vector<std::string> overrides, const char* text = kTinyRun) {
  return parse_train_config(text, "tiny", std::filesystem::current_path(), overrides);
}

struct Case {
  const char* change;
  bool same_lane;    ///< can be a lane beside the unchanged run
  bool same_resume;  ///< can continue its checkpoint
};

constexpr Case kCases[] = {
    {"name=other", true, true},
    {"threads=2", true, true},
    {"checkpoint={\"every_steps\": 3, \"every_seconds\": 7}", true, true},
    {"logging={\"every_steps\": 9, \"tensorboard\": true}", true, true},
    {"training.max_time=2h", true, true},
    {"seed=1", true, false},
    {"data.train_size=5", true, false},
    {"data.train_seed=5", true, false},
    {"objective.sigma=50", true, false},
    {"training.steps=41", false, true},
    {"training.batch=4", false, false},
    {"training.early_stopping.patience=3", false, false},
    {"data.subset_seed=1", false, false},
    {"data.crop.size=8", false, false},
    {"noise.sigma=30", false, false},
    {"noise.frozen=false", false, false},
    {"objective={\"type\": \"supervised\"}", false, false},
    {"model.channels=8", false, false},
    {R"(optimizer={"type": "adam", "lr": 0.5})", false, false},
    {"validation.every_steps=8", false, false},
    {"validation.target=clean", false, false},
    {"precision=bfloat16", false, false},
};

TEST(RunKeys, TellWhatMayDiffer) {
  const TrainConfig plain = config_with({R"(objective={"type": "noise2noise", "sigma": 25})"});
  for (const Case& c : kCases) {
    const TrainConfig changed = config_with({R"(objective={"type": "noise2noise", "sigma": 25})", c.change});
    ASSERT_NE(to_json(changed), to_json(plain)) << c.change;
    EXPECT_EQ(lane_key(changed) == lane_key(plain), c.same_lane) << c.change;
    EXPECT_EQ(resume_key(changed) == resume_key(plain), c.same_resume) << c.change;
  }
}

TEST(RunKeys, TargetsWithTheNoiseOfTheInputFitBesideThoseWithTheirOwn) {
  EXPECT_EQ(lane_key(config_with({R"(objective={"type": "noise2noise"})"})),
            lane_key(config_with({R"(objective={"type": "noise2noise", "sigma": 50})"})));
}

TEST(RunKeys, ALevelThatIsNotOfTheTargetsAloneStaysInTheKey) {
  EXPECT_NE(lane_key(config_with({R"(objective={"type": "noisier2noise", "alpha": 0.5})"})),
            lane_key(config_with({R"(objective={"type": "noisier2noise", "alpha": 1})"})));
  EXPECT_NE(lane_key(config_with({R"(objective={"type": "sure", "sigma": 20})"})),
            lane_key(config_with({R"(objective={"type": "sure", "sigma": 30})"})));
}

TEST(RunKeys, TheLengthMattersWhereTheRateDependsOnIt) {
  const std::string cosine = R"(schedule={"type": "cosine"})";
  EXPECT_NE(resume_key(config_with({cosine, "training.steps=41"})), resume_key(config_with({cosine})));
}

TEST(RunKeys, OfKSpaceKeepMasksAndMaps) {
  const TrainConfig plain = config_with({}, kTinyKSpaceRun);
  EXPECT_EQ(lane_key(config_with({"seed=2", "data.train_size=3"}, kTinyKSpaceRun)), lane_key(plain));
  EXPECT_NE(lane_key(config_with({"kspace.mask.accelerations=3"}, kTinyKSpaceRun)), lane_key(plain));
  EXPECT_NE(resume_key(config_with({"kspace.mask.accelerations=3"}, kTinyKSpaceRun)), resume_key(plain));
}

}  // namespace
}  // namespace selfsame
