// SPDX-License-Identifier: Apache-2.0
// Whole runs on the tested device (tests/support/op_contract.hpp) against the same runs on the CPU.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "engine/training/trainer.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kSteps = 10;

TrainConfig config_for(const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides{"training.steps=10", "validation.every_steps=5", "optimizer.type=adam",
                                     "optimizer.ema=0.9", "optimizer.clip_norm=0.5"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return parse_train_config(kTinyRun, "tiny", std::filesystem::current_path(), overrides);
}

struct RunResult {
  std::vector<double> losses, validation;
  std::string last;  ///< the bytes of the checkpoint
};

/// One session; `stop_after` > 0 raises SIGTERM in that step.
void session(RunResult& run, const TrainConfig& config, DeviceKind device,
             const std::filesystem::path& folder, bool resume, std::int64_t stop_after) {
  const CheckpointStore store(folder);
  StopRequest stop;
  const std::unique_ptr<Stream> stream = make_stream(device, config.precision, 1);
  Trainer trainer(config, *stream);
  TrainerCallbacks callbacks;
  callbacks.on_step = [&](std::int64_t step, const LaneOutcome& outcome, double) {
    run.losses.push_back(outcome.loss);
    if (step == stop_after) {
      ::raise(SIGTERM);
    }
  };
  callbacks.on_validation = [&](std::int64_t, const ValidationResult& result, bool) {
    run.validation.push_back(result.loss);
  };
  if (resume) {
    trainer.resume(store, callbacks);
  }
  static_cast<void>(trainer.run(store, stop, callbacks));
  run.last = read_file(store.path(CheckpointSlot::kLast), 1 << 24);
}

RunResult whole_run(const TrainConfig& config, DeviceKind device) {
  const TemporaryFolder folder;
  RunResult run;
  session(run, config, device, folder.path(), false, 0);
  EXPECT_EQ(run.losses.size(), static_cast<std::size_t>(kSteps));
  return run;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& want, double relative) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], relative * std::abs(want[i])) << "step " << i + 1;
  }
}

std::vector<std::string> dncnn_with_pairs_of_noise() {
  return {"model={\"type\": \"dncnn\", \"channels\": 8, \"layers\": 4}",
          "objective={\"type\": \"noise2noise\"}"};
}

TEST(RunOnEveryDevice, HasTheLossesOfTheCpu) {
  // The same numbers in another order of summation: float rounding, grown by ten steps of Adam.
  for (const auto& more : {std::vector<std::string>{}, dncnn_with_pairs_of_noise()}) {
    const RunResult cpu = whole_run(config_for(more), DeviceKind::kCpu);
    const RunResult run = whole_run(config_for(more), contract::test_device());
    expect_near(run.losses, cpu.losses, 1e-4);
    expect_near(run.validation, cpu.validation, 1e-4);
  }
}

TEST(RunOnEveryDevice, InBfloat16StaysNearFloat32) {
  // bf16 rounds every activation to 8 bits; its loss differs by about that, 2^-8, times the layers' square
  // root.
  for (const auto& more : {std::vector<std::string>{}, dncnn_with_pairs_of_noise()}) {
    const RunResult cpu = whole_run(config_for(more), DeviceKind::kCpu);
    std::vector<std::string> bf16_more = more;
    bf16_more.emplace_back("precision=bfloat16");
    const RunResult run = whole_run(config_for(bf16_more), contract::test_device());
    expect_near(run.losses, cpu.losses, 2e-2);
    EXPECT_NE(run.losses, cpu.losses) << "this was not bf16";
  }
}

TEST(RunOnEveryDevice, InTf32StaysNearFloat32) {
  if (contract::test_device() == DeviceKind::kCpu) {
    EXPECT_THROW(static_cast<void>(make_stream(DeviceKind::kCpu, TrainConfig::Precision::kTf32, 1)), Error);
    return;
  }
  // tf32 rounds both factors of every convolution by 2^-11 at most: an eighth of bf16's distance, with slack
  // for ten steps of Adam.
  const RunResult cpu = whole_run(config_for(), DeviceKind::kCpu);
  const RunResult run = whole_run(config_for({"precision=tf32"}), contract::test_device());
  expect_near(run.losses, cpu.losses, 5e-3);
  EXPECT_NE(run.losses, whole_run(config_for(), contract::test_device()).losses) << "this was not tf32";
}

TEST(RunOnEveryDevice, HasTheSameBitsTwiceAndAfterAStop) {
  for (const char* precision : {"precision=float32", "precision=bfloat16"}) {
    const TrainConfig config = config_for({precision});
    const RunResult once = whole_run(config, contract::test_device());
    EXPECT_EQ(whole_run(config, contract::test_device()).last, once.last);
    const TemporaryFolder folder;
    RunResult stopped, resumed;
    session(stopped, config, contract::test_device(), folder.path(), false, 4);
    session(resumed, config, contract::test_device(), folder.path(), true, 0);
    EXPECT_EQ(stopped.losses.size(), 4u);
    EXPECT_EQ(resumed.losses.size(), 6u);
    EXPECT_TRUE(resumed.last == once.last) << precision << ": resumed differs from uninterrupted";
  }
}

}  // namespace
}  // namespace selfsame
