// SPDX-License-Identifier: Apache-2.0
#include "engine/training/trainer.hpp"
#include "engine/training/denoising_task.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "engine/checkpoint/exact.hpp"
#include "engine/data/dead_leaves.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

TrainConfig tiny_config(const std::vector<std::string>& overrides = {}) {
  return parse_train_config(kTinyRun, "tiny", std::filesystem::current_path(), overrides);
}

struct Checkpoints {
  std::string last, best;
  friend bool operator==(const Checkpoints&, const Checkpoints&) = default;
};

Checkpoints read_checkpoints(const CheckpointStore& store) {
  constexpr std::uint64_t kLimit = 1 << 24;
  return {read_file(store.path(CheckpointSlot::kLast), kLimit),
          read_file(store.path(CheckpointSlot::kBest), kLimit)};
}

/// One session in the folder; `stop_after` > 0 raises SIGTERM in that step.
TrainEnd session(const TrainConfig& config, const std::filesystem::path& folder, bool resume,
                 std::int64_t stop_after) {
  const CheckpointStore store(folder);
  StopRequest stop;
  Stream stream(DeviceKind::kCpu, static_cast<int>(config.threads));
  Trainer trainer(config, stream);
  TrainerCallbacks callbacks;
  callbacks.on_step = [&](std::int64_t step, const LaneOutcome&, double) {
    if (step == stop_after) {
      ::raise(SIGTERM);
    }
  };
  if (resume) {
    trainer.resume(store, callbacks);
  }
  const TrainEnd end = trainer.run(store, stop, callbacks);
  if (stop_after > 0) {
    EXPECT_EQ(trainer.state().step, stop_after);
    EXPECT_EQ(stop.exit_code(), 75);
  }
  return end;
}

Checkpoints whole_run(const TrainConfig& config) {
  const TemporaryFolder folder;
  EXPECT_EQ(session(config, folder.path(), false, 0), TrainEnd::kDone);
  return read_checkpoints(CheckpointStore(folder.path()));
}

/// True if the run, stopped by a signal after step k and resumed, leaves the same bytes.
bool same_after_stop(const TrainConfig& config, std::int64_t k, const Checkpoints& expected) {
  const TemporaryFolder folder;
  EXPECT_EQ(session(config, folder.path(), false, k), TrainEnd::kStopped);
  EXPECT_EQ(session(config, folder.path(), true, 0), TrainEnd::kDone);
  return read_checkpoints(CheckpointStore(folder.path())) == expected;
}

TEST(Trainer, ResumedAfterAnyStepEndsWithTheSameBytes) {
  const TrainConfig config = tiny_config();
  const Checkpoints expected = whole_run(config);
  int equal = 0;
  for (std::int64_t k = 1; k <= 39; ++k) {
    const bool same = same_after_stop(config, k, expected);
    EXPECT_TRUE(same) << "stopped after step " << k;
    equal += same ? 1 : 0;
  }
  EXPECT_EQ(equal, 39);
}

TEST(Trainer, ResumesTheRuleOfThePaperAndNoise2Noise) {
  const TrainConfig config = tiny_config(tiny_noise2noise());
  const Checkpoints expected = whole_run(config);
  for (const std::int64_t k : {1, 2, 3, 6, 11, 12, 20, 27, 33, 38}) {
    EXPECT_TRUE(same_after_stop(config, k, expected)) << "stopped after step " << k;
  }
}

// Rates 1e-3, 5e-4, 2.5e-4: the fifth validation at the last of them, after step 27 of 40, ends the run.
TEST(Trainer, ResumesTheStopRulesOfAMultiStepSchedule) {
  const TrainConfig config =
      tiny_config({"schedule={\"type\": \"multi_step\", \"milestones\": [6, 12], \"unit\": \"steps\", "
                   "\"stop_after_intervals\": 100, \"low_lr\": 3e-4, \"stop_at_low_lr\": 5}",
                   "validation={\"every_steps\": 3}"});
  const TemporaryFolder folder;
  EXPECT_EQ(session(config, folder.path(), false, 0), TrainEnd::kDone);
  const CheckpointStore store(folder.path());
  const Checkpoints expected = read_checkpoints(store);
  Stream stream(DeviceKind::kCpu, 1);
  Trainer trainer(config, stream);
  TrainerCallbacks callbacks;
  trainer.resume(store, callbacks);
  EXPECT_EQ(trainer.state().step, 27);
  EXPECT_EQ(trainer.state().end, "schedule");
  for (const std::int64_t k : {1, 6, 7, 13, 16, 24, 26}) {
    EXPECT_TRUE(same_after_stop(config, k, expected)) << "stopped after step " << k;
  }
}

TEST(Trainer, StoppedAfterEveryStepEndsWithTheSameBytes) {
  const TrainConfig config =
      tiny_config({"optimizer.type=adam", "optimizer.ema=0.9", "optimizer.clip_norm=0.1"});
  const Checkpoints expected = whole_run(config);
  const TemporaryFolder folder;
  for (std::int64_t k = 1; k <= 39; ++k) {
    ASSERT_EQ(session(config, folder.path(), k > 1, k), TrainEnd::kStopped);
  }
  EXPECT_EQ(session(config, folder.path(), true, 0), TrainEnd::kDone);
  EXPECT_TRUE(read_checkpoints(CheckpointStore(folder.path())) == expected);
}

TEST(Trainer, ResultsDoNotDependOnTheNumberOfThreads) {
  const Checkpoints one = whole_run(tiny_config({"threads=1"}));
  EXPECT_TRUE(whole_run(tiny_config({"threads=2"})) == one);
  EXPECT_TRUE(whole_run(tiny_config({"threads=4"})) == one);
  EXPECT_FALSE(whole_run(tiny_config({"seed=1"})) == one);
}

TEST(Trainer, RefusesToResumeAnotherConfiguration) {
  const TemporaryFolder folder;
  ASSERT_EQ(session(tiny_config(), folder.path(), false, 3), TrainEnd::kStopped);
  const std::string text =
      error_text<Error>([&] { session(tiny_config({"noise.sigma=30"}), folder.path(), true, 0); });
  EXPECT_NE(text.find("another configuration"), std::string::npos) << text;
}

const DenoisingTask& denoising(const Trainer& trainer) {
  return dynamic_cast<const DenoisingTask&>(trainer.task());
}

TEST(Trainer, LooksAtNoCleanImageWhenTheObjectiveIsSelfSupervised) {
  const TrainConfig config = tiny_config(tiny_noise2noise());
  EXPECT_EQ(config.validation.target, ValidationConfig::Target::kNoisy);
  Stream stream(DeviceKind::kCpu, 1);
  const Trainer trainer(config, stream);
  EXPECT_EQ(make_objective(config)->target_kind(), TargetKind::kSecondNoisy);
  for (const ValidationSet::Item& item : denoising(trainer).validation().images()) {
    const Image clean = denoising(trainer).data().validation->load(item.example);
    const auto n = static_cast<double>(clean.pixels.size());
    double input = 0, target = 0, product = 0;
    for (std::size_t i = 0; i < clean.pixels.size(); ++i) {
      const double a = item.noisy[i] - clean.pixels[i], b = item.target[i] - clean.pixels[i];
      input += a * a / n;
      target += b * b / n;
      product += a * b / n;
    }
    // Sums of n independent terms, six standard deviations: sigma^2 sqrt(2/n) and sigma^2 / sqrt(n).
    const double variance = std::pow(25.0 / 255.0, 2);
    EXPECT_NEAR(input, variance, 6 * variance * std::sqrt(2 / n));
    EXPECT_NEAR(target, variance, 6 * variance * std::sqrt(2 / n));
    EXPECT_NEAR(product, 0, 6 * variance / std::sqrt(n));
  }
}

TEST(Trainer, LooksAtCleanImagesOnlyWhenAsked) {
  std::vector<std::string> overrides = tiny_noise2noise();
  overrides.emplace_back("validation.target=clean");
  Stream stream(DeviceKind::kCpu, 1);
  const Trainer trainer(tiny_config(overrides), stream);
  const ValidationSet::Item& item = denoising(trainer).validation().images()[0];
  EXPECT_EQ(item.target, denoising(trainer).data().validation->load(item.example).pixels);
}

TEST(Trainer, MeasuresWithoutLeavingAnything) {
  const TemporaryFolder folder;
  Stream stream(DeviceKind::kCpu, 1);
  Trainer trainer(tiny_config(), stream);
  const Trainer::Timing timing = trainer.measure(2);
  EXPECT_GT(timing.step_seconds, 0);
  EXPECT_GT(timing.validation_seconds, 0);
  EXPECT_EQ(trainer.state().step, 0);
}

}  // namespace
}  // namespace selfsame
