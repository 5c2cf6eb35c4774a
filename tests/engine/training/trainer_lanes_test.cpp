// SPDX-License-Identifier: Apache-2.0
// Several runs in one trainer: each leaves the bytes of the same run alone, wherever the others are.
#include <gtest/gtest.h>

#include <array>

#include "engine/data/selection.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/lane_runs.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

TrainConfig config_with(std::vector<std::string> overrides) {
  overrides.insert(overrides.begin(), {"training.steps=12", "validation.every_steps=4", "optimizer.type=adam",
                                       "optimizer.ema=0.9", R"(objective={"type": "noise2noise"})"});
  return parse_train_config(kTinyRun, "tiny", fs::current_path(), overrides);
}

/// Runs that differ in all that lanes may differ in.
std::vector<TrainConfig> lanes_with(const std::vector<std::string>& shared = {}) {
  std::vector<TrainConfig> configs;
  for (std::vector<std::string> own : {std::vector<std::string>{},
                                       {"seed=2", "data.train_size=3", "data.train_seed=5"},
                                       {"objective.sigma=50", "name=other", "checkpoint.every_steps=5"},
                                       {"seed=2", "objective.sigma=10"},
                                       {"data.train_size=7"}}) {
    own.insert(own.begin(), shared.begin(), shared.end());
    configs.push_back(config_with(own));
  }
  return configs;
}

class TrainerLanes : public testing::Test {
 protected:
  /// Folders of their own for the lanes of one session after another.
  std::vector<fs::path> folders(const std::string& name, std::size_t count) const {
    std::vector<fs::path> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(folder_ / fmt::format("{}{}", name, i));
    }
    return all;
  }
  std::vector<LaneRun> alone(const std::vector<TrainConfig>& configs,
                             const std::string& name = "alone") const {
    const std::vector<fs::path> own = folders(name, configs.size());
    std::vector<LaneRun> runs;
    for (std::size_t l = 0; l < configs.size(); ++l) {
      runs.push_back(lane_session({configs[l]}, {own[l]}, 1)[0]);
    }
    return runs;
  }
  TemporaryFolder folder_;
};

void expect_equal(const LaneRun& run, const LaneRun& expected, const std::string& what) {
  EXPECT_EQ(run.end, expected.end) << what;
  EXPECT_EQ(run.failure, expected.failure) << what;
  EXPECT_EQ(run.losses, expected.losses) << what;
  EXPECT_EQ(run.validations, expected.validations) << what;
  EXPECT_TRUE(run.last == expected.last) << what;
  EXPECT_TRUE(run.best == expected.best) << what;
}

TEST_F(TrainerLanes, AreTheRunsAlone) {
  int group_number = 0;
  for (const char* model : {R"(model={"type": "unet", "channels": 4, "pools": 1})",
                            R"(model={"type": "dncnn", "channels": 4, "layers": 3})"}) {
    const std::vector<TrainConfig> configs = lanes_with({model});
    const std::vector<LaneRun> expected = alone(configs, fmt::format("alone{}-", group_number++));
    for (std::size_t l = 0; l < configs.size(); ++l) {
      ASSERT_EQ(expected[l].validations.size(), 3u);
      ASSERT_FALSE(expected[l].best.empty());
      for (std::size_t k = 0; k < l; ++k) {
        ASSERT_NE(expected[k].losses, expected[l].losses)
            << "lanes " << k << " and " << l << " do not differ";
      }
    }
    for (const std::vector<std::size_t>& group :
         {std::vector<std::size_t>{0, 1, 2, 3, 4}, {3, 0}, {2, 4, 1}}) {
      std::vector<TrainConfig> beside;
      for (const std::size_t l : group) {
        beside.push_back(configs[l]);
      }
      const std::vector<LaneRun> runs =
          lane_session(beside, folders(fmt::format("group{}-", group_number++), group.size()), 2);
      for (std::size_t i = 0; i < group.size(); ++i) {
        expect_equal(runs[i], expected[group[i]],
                     fmt::format("lane {} of {}, {}", group[i], group.size(), model));
      }
    }
  }
}

TEST_F(TrainerLanes, FromDifferentStepsAreTheRunsAlone) {
  const std::vector<TrainConfig> configs = lanes_with();
  const std::vector<LaneRun> expected = alone(configs);
  const std::vector<fs::path> own = folders("resumed", configs.size());
  const std::int64_t stops[] = {7, 0, 4, 11, 1};  // 0: has not begun
  std::vector<LaneRun> before(configs.size());
  for (std::size_t l = 0; l < configs.size(); ++l) {
    if (stops[l] > 0) {
      before[l] = lane_session({configs[l]}, {own[l]}, 1, stops[l])[0];
      ASSERT_EQ(before[l].losses.size(), static_cast<std::size_t>(stops[l]));
    }
  }
  const std::vector<LaneRun> after = lane_session(configs, own, 2);
  for (std::size_t l = 0; l < configs.size(); ++l) {
    LaneRun whole = after[l];
    whole.losses.insert(whole.losses.begin(), before[l].losses.begin(), before[l].losses.end());
    whole.validations.insert(whole.validations.begin(), before[l].validations.begin(),
                             before[l].validations.end());
    expect_equal(whole, expected[l], fmt::format("lane {} from step {}", l, stops[l]));
  }
}

TEST_F(TrainerLanes, AreAllSavedWhenTheLastOneAsksToStop) {
  const std::vector<TrainConfig> configs = lanes_with();
  const std::vector<LaneRun> expected = alone(configs);
  const std::vector<fs::path> own = folders("stopped", configs.size());
  for (std::int64_t step = 1; step < 12; ++step) {  // a session for every step
    (void)lane_session(configs, own, 1, step);
    for (const fs::path& folder : own) {
      const SafetensorsFile last = CheckpointStore(folder).load(CheckpointSlot::kLast).file;
      ASSERT_EQ(metadata_at(last, "step"), std::to_string(step)) << folder;
    }
  }
  const std::vector<LaneRun> runs = lane_session(configs, own, 1);
  for (std::size_t l = 0; l < runs.size(); ++l) {
    EXPECT_TRUE(runs[l].last == expected[l].last) << l;
    EXPECT_TRUE(runs[l].best == expected[l].best) << l;
  }
}

/// Runs one trainer as its owner does, who looks after every end of run().
struct Session {
  Session(const std::vector<TrainConfig>& configs, const std::vector<fs::path>& folders)
      : stream(DeviceKind::kCpu, 1), trainer(configs, stream, nullptr), runs(configs.size()) {
    for (std::size_t l = 0; l < configs.size(); ++l) {
      stores.emplace_back(folders[l]);
      callbacks.push_back(recording_callbacks(runs[l]));
      if (stores[l].exists(CheckpointSlot::kLast)) {
        trainer.resume(stores[l], callbacks[l], static_cast<std::int64_t>(l));
      }
    }
  }
  TrainEnd run() { return trainer.run(stores, stop, callbacks); }
  StopRequest stop;
  Stream stream;
  Trainer trainer;
  std::vector<LaneRun> runs;
  std::vector<CheckpointStore> stores;
  std::vector<TrainerCallbacks> callbacks;
};

TEST_F(TrainerLanes, OneThatStopsEarlyLeavesTheOthersToGoOn) {
  // No gain is 100 dB: the second validation, at step 8, ends a run.
  const std::vector<std::string> early{R"(training.early_stopping={"patience": 1, "min_delta": 100})"};
  const std::vector<TrainConfig> configs = lanes_with(early);
  const std::vector<LaneRun> expected = alone(configs);
  ASSERT_EQ(expected[0].end, "early stopping");
  const std::vector<fs::path> own = folders("early", configs.size());
  (void)lane_session({configs[1]}, {own[1]}, 1, 5);
  Session session(configs, own);
  EXPECT_EQ(session.run(), TrainEnd::kLaneDone);
  EXPECT_EQ(session.trainer.state(1).end, "early stopping");
  EXPECT_EQ(session.trainer.state(1).step, 8);
  EXPECT_EQ(session.trainer.state(0).step, 3);
  EXPECT_EQ(session.trainer.state(0).end, "");
  EXPECT_EQ(session.run(), TrainEnd::kDone);
  for (std::size_t l = 0; l < configs.size(); ++l) {
    EXPECT_EQ(session.trainer.state(static_cast<std::int64_t>(l)).step, 8);
    EXPECT_TRUE(checkpoint_bytes(session.stores[l], CheckpointSlot::kLast) == expected[l].last) << l;
    EXPECT_TRUE(checkpoint_bytes(session.stores[l], CheckpointSlot::kBest) == expected[l].best) << l;
  }
  EXPECT_EQ(session.run(), TrainEnd::kDone) << "nothing is left";
}

TEST_F(TrainerLanes, OfDifferentLengthsEndOneAfterTheOther) {
  std::vector<TrainConfig> configs;
  for (const char* size : {"data.train_size=8", "data.train_size=3", "data.train_size=6"}) {
    configs.push_back(config_with({"training.steps=0", "training.epochs=2", "validation.every_steps=0",
                                   "validation.every_epochs=1", size}));
  }
  const std::vector<LaneRun> expected = alone(configs);
  Session session(configs, folders("epochs", configs.size()));
  const auto ended = [&] {
    std::vector<bool> all;
    for (std::int64_t l = 0; l < 3; ++l) {
      all.push_back(session.trainer.state(l).finished());
    }
    return all;
  };
  EXPECT_EQ(session.run(), TrainEnd::kLaneDone);
  EXPECT_EQ(ended(), (std::vector<bool>{false, true, false}));
  EXPECT_EQ(session.run(), TrainEnd::kLaneDone);
  EXPECT_EQ(ended(), (std::vector<bool>{false, true, true}));
  EXPECT_EQ(session.run(), TrainEnd::kDone);
  for (std::size_t l = 0; l < configs.size(); ++l) {
    EXPECT_EQ(session.runs[l].losses, expected[l].losses) << l;
    EXPECT_TRUE(checkpoint_bytes(session.stores[l], CheckpointSlot::kLast) == expected[l].last) << l;
  }
}

/// Four images of which the last of the permutation holds a number that a convolution takes beyond floats:
/// runs on three images never meet it.
class LaneWithABadImage : public TrainerLanes {
 protected:
  LaneWithABadImage() {
    constexpr std::size_t kPixels = 24 * 24;
    std::vector<float> pixels(4 * kPixels);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = static_cast<float>(i % 29) / 29.0f;
    }
    bad_ = training_subset(0, 4, 4)[3];
    std::fill_n(pixels.begin() + static_cast<std::ptrdiff_t>(bad_ * kPixels), kPixels, 3e38f);
    const std::array<std::int64_t, 3> shape{4, 24, 24};
    write_npy<float>((folder_ / "images.npy").string(), pixels, shape);
  }
  TrainConfig on(int images, int seed) const {
    return config_with(
        {fmt::format(R"(data.train={{"type": "npy", "path": "{}"}})", (folder_ / "images.npy").string()),
         fmt::format("data.train_size={}", images), fmt::format("seed={}", seed)});
  }
  std::size_t bad_ = 0;
};

TEST_F(LaneWithABadImage, FailsAndTheOthersKeepTheirBytes) {
  const std::vector<TrainConfig> configs{on(3, 1), on(4, 1), on(3, 2)};
  const std::vector<LaneRun> healthy = alone({configs[0], configs[2]});
  const std::vector<fs::path> own = folders("bad", 3);
  Session session(configs, own);
  EXPECT_EQ(session.run(), TrainEnd::kLaneDone);
  const std::string failure = session.trainer.failure(1);
  EXPECT_NE(failure.find("not finite"), std::string::npos) << failure;
  EXPECT_EQ(session.trainer.cause(1),
            fmt::format("step {}: the loss is not finite; examples: {}[{}]",
                        session.trainer.state(1).step + 1, (folder_ / "images.npy").string(), bad_));
  EXPECT_EQ(session.trainer.cause(0), "");
  EXPECT_NE(failure.find(fmt::format("images.npy[{}]", bad_)), std::string::npos) << failure;
  EXPECT_EQ(session.trainer.state(1).end, "");
  EXPECT_EQ(session.run(), TrainEnd::kDone);
  EXPECT_EQ(session.trainer.failure(1), failure);
  EXPECT_EQ(session.trainer.failure(0) + session.trainer.failure(2), "");
  for (const std::size_t l : {0u, 2u}) {
    EXPECT_EQ(session.runs[l].losses, healthy[l / 2].losses) << l;
    EXPECT_TRUE(checkpoint_bytes(session.stores[l], CheckpointSlot::kLast) == healthy[l / 2].last) << l;
    EXPECT_TRUE(checkpoint_bytes(session.stores[l], CheckpointSlot::kBest) == healthy[l / 2].best) << l;
  }
}

TEST_F(LaneWithABadImage, FailsAsItDoesAlone) {
  const TrainConfig bad = on(4, 1);
  std::string beside;
  {
    Session session({on(3, 2), bad}, folders("beside", 2));
    (void)session.run();
    beside = session.trainer.failure(1);
  }
  StopRequest stop;
  Stream stream(DeviceKind::kCpu, 1);
  Trainer trainer(bad, stream);
  TrainerCallbacks callbacks;
  const CheckpointStore store(folder_ / "single");
  const std::string thrown = error_text<Error>([&] { (void)trainer.run(store, stop, callbacks); });
  EXPECT_EQ(thrown, beside);
  EXPECT_FALSE(beside.empty());
}

TEST(TrainerLanesError, RunsThatDifferInMoreAreNoLanes) {
  Stream stream(DeviceKind::kCpu, 1);
  const std::vector<TrainConfig> configs{config_with({}), config_with({"noise.sigma=30"})};
  EXPECT_NE(error_text<Error>([&] { Trainer trainer(configs, stream, nullptr); }).find("differ"),
            std::string::npos);
}

}  // namespace
}  // namespace selfsame
