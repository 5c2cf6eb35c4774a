// SPDX-License-Identifier: Apache-2.0
// Whole runs of accelerated MRI: every network and objective, on every device, stopped and resumed.
#include "engine/kspace/kspace_task.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "engine/training/trainer.hpp"
#include "losses/kspace/registry.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"

namespace selfsame {
namespace {

TrainConfig config_for(const std::vector<std::string>& more = {}) {
  return parse_train_config(kTinyKSpaceRun, "tiny", std::filesystem::current_path(), more);
}

struct RunResult {
  std::vector<double> losses;
  std::vector<ValidationResult> validation;
  std::string last;
};

/// One session; `stop_after` > 0 raises SIGTERM in that step.
void session(RunResult& run, const TrainConfig& config, DeviceKind device,
             const std::filesystem::path& folder, bool resume, std::int64_t stop_after) {
  const CheckpointStore store(folder);
  StopRequest stop;
  const std::unique_ptr<Stream> stream =
      make_stream(device, config.precision, static_cast<int>(config.threads));
  Trainer trainer(config, *stream);
  TrainerCallbacks callbacks;
  callbacks.on_step = [&](std::int64_t step, const LaneOutcome& outcome, double) {
    run.losses.push_back(outcome.loss);
    if (step == stop_after) {
      ::raise(SIGTERM);
    }
  };
  callbacks.on_validation = [&](std::int64_t, const ValidationResult& result, bool) {
    run.validation.push_back(result);
  };
  if (resume) {
    trainer.resume(store, callbacks);
  }
  static_cast<void>(trainer.run(store, stop, callbacks));
  run.last = read_file(store.path(CheckpointSlot::kLast), 1 << 24);
}

RunResult whole_run(const TrainConfig& config, DeviceKind device = DeviceKind::kCpu) {
  const TemporaryFolder folder;
  RunResult run;
  session(run, config, device, folder.path(), false, 0);
  return run;
}

const char* const kSenseStart =
    R"(model={"type": "recon_unet", "channels": 4, "pools": 1, "residual": true, "sense_iterations": 5})";
const char* const kVarnet =
    R"(model={"type": "varnet", "cascades": 2, "channels": 2, "pools": 1, "map_channels": 2, "map_pools": 1})";

TEST(KSpaceTask, TrainsWithEveryObjective) {
  std::size_t tried = 0;
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    std::vector<std::string> more{fmt::format("objective={{\"type\": \"{}\"}}", info.name)};
    if (info.name.starts_with("paper_split")) {
      more.emplace_back(
          R"(kspace.mask={"type": "random_count", "center_fraction": 0.3, "acceleration": 1.5})");
      more[0] = fmt::format(R"(objective={{"type": "{}", "acceleration": 2}})", info.name);
    }
    const RunResult run = whole_run(config_for(more));
    ASSERT_EQ(run.losses.size(), 8u) << info.name;
    for (const double loss : run.losses) {
      EXPECT_TRUE(std::isfinite(loss) && loss > 0) << info.name << ": " << loss;
    }
    ++tried;
  }
  EXPECT_GE(tried, 9u);
}

TEST(KSpaceTask, TrainsWithEveryNetwork) {
  for (const char* model :
       {R"(model={"type": "recon_unet", "channels": 4, "pools": 1})", kSenseStart, kVarnet,
        R"(model={"type": "varnet", "cascades": 1, "channels": 2, "pools": 1, "maps": "given"})"}) {
    const RunResult run = whole_run(config_for({model}));
    EXPECT_EQ(run.losses.size(), 8u) << model;
    EXPECT_EQ(run.validation.size(), 2u) << model;
  }
  // Magnitudes have no k-space: only objectives of images take them.
  const RunResult run =
      whole_run(config_for({R"(model={"type": "magnitude_unet", "channels": 4, "pools": 1})",
                            R"(objective={"type": "supervised_image", "loss": "ssim"})"}));
  EXPECT_EQ(run.losses.size(), 8u);
  EXPECT_NE(error_text<Error>([] {
              whole_run(config_for({R"(model={"type": "magnitude_unet", "channels": 4, "pools": 1})"}));
            }).find("magnitude"),
            std::string::npos);
}

TEST(KSpaceTask, LooksAtNoGroundTruthUnlessItMay) {
  const RunResult blind = whole_run(config_for());
  for (const ValidationResult& result : blind.validation) {
    EXPECT_TRUE(std::isnan(result.psnr));
    EXPECT_TRUE(std::isnan(result.ssim));
    EXPECT_GT(result.loss, 0);
  }
  const RunResult seeing = whole_run(config_for({"validation.target=clean"}));
  for (const ValidationResult& result : seeing.validation) {
    EXPECT_TRUE(std::isfinite(result.psnr));
    EXPECT_TRUE(std::isfinite(result.ssim));
  }
  EXPECT_EQ(blind.losses, seeing.losses) << "validation changed the training";
}

// What a network was trained with has no say in what it is judged by.
TEST(KSpaceTask, ATestMaskIsTheSameForEveryObjective) {
  const std::string mask =
      R"(kspace.test_mask={"type": "random", "center_fractions": 0.3, "accelerations": 1.5})";
  Stream stream(DeviceKind::kCpu, 1);
  const auto judged = [&](std::vector<std::string> more, const std::vector<std::string>& also) {
    more.insert(more.end(), also.begin(), also.end());
    more.push_back("validation.target=clean");
    const TrainConfig config = config_for(more);
    Trainer trainer(config, stream);  // the same initial weights: the same seed and network
    const std::unique_ptr<TrainingTask> task = make_task({&config, 1}, stream);
    return task->validate(0, trainer.values(0), trainer.buffers(0));
  };
  const std::vector<std::string> whole{R"(objective={"type": "supervised_kspace"})"};
  const std::vector<std::string> split{
      R"(objective={"type": "paper_split", "acceleration": 3, "rounding": "random"})",
      R"(kspace.mask={"type": "random_count", "center_fraction": 0.3, "acceleration": 2})"};
  const std::vector<ValidationResult> a = judged(whole, {mask}), b = judged(split, {mask}),
                                      c = judged(split, {});
  ASSERT_EQ(a.size(), 2u);
  ASSERT_EQ(b.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(a[i].loss, b[i].loss);
    EXPECT_EQ(a[i].psnr, b[i].psnr);
  }
  EXPECT_NE(b[0].loss, c[0].loss);
}

TEST(KSpaceTask, ResumedAfterAnyStepEndsWithTheSameBytes) {
  for (const char* frozen : {"kspace.mask.frozen=true", "kspace.mask.frozen=false"}) {
    const TrainConfig config = config_for({frozen});
    const RunResult whole = whole_run(config);
    for (std::int64_t k = 1; k < 8; ++k) {
      const TemporaryFolder folder;
      RunResult run;
      session(run, config, DeviceKind::kCpu, folder.path(), false, k);
      session(run, config, DeviceKind::kCpu, folder.path(), true, 0);
      EXPECT_EQ(run.last, whole.last) << "stopped after step " << k << ", " << frozen;
    }
  }
}

TEST(KSpaceTask, DoesNotDependOnTheNumberOfThreads) {
  const RunResult one = whole_run(config_for({"threads=1"}));
  for (const char* threads : {"threads=2", "threads=4"}) {
    EXPECT_EQ(whole_run(config_for({threads})).losses, one.losses) << threads;
  }
}

TEST(KSpaceTask, RunOnEveryDeviceHasTheLossesOfTheCpu) {
  // The same numbers in another order of summation: float rounding, grown by eight steps of Adam.
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, std::vector<std::string>{kSenseStart},
        std::vector<std::string>{kVarnet}}) {
    const RunResult cpu = whole_run(config_for(more));
    const RunResult run = whole_run(config_for(more), contract::test_device());
    ASSERT_EQ(run.losses.size(), cpu.losses.size());
    for (std::size_t i = 0; i < cpu.losses.size(); ++i) {
      EXPECT_NEAR(run.losses[i], cpu.losses[i], 1e-4 * cpu.losses[i]) << "step " << i + 1;
    }
  }
}

TEST(KSpaceTask, RefusesWhatCannotBeLearned) {
  // Equispaced columns depend on each other, and some are never sampled.
  const std::string text = error_text<Error>([] {
    whole_run(config_for({R"(kspace.mask={"type": "equispaced_fraction", "center_fractions": 0.3})"}));
  });
  EXPECT_FALSE(text.empty());
}

}  // namespace
}  // namespace selfsame
