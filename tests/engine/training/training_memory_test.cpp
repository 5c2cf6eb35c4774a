// SPDX-License-Identifier: Apache-2.0
// A training step takes no memory: neither buffers nor anything from operator new, in any thread.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "engine/training/denoising_pass.hpp"
#include "engine/training/training_step.hpp"
#include "losses/registry.hpp"
#include "tests/support/allocation_probe.hpp"

namespace selfsame {
namespace {

struct StepUnderTest {
  ModelOptions model;
  const char* objective;
  OptimizerType optimizer;
};

class StepMemory : public testing::TestWithParam<int> {
 protected:
  static StepUnderTest setup() {
    UNetOptions unet;
    unet.channels = 16;
    unet.pools = 2;
    DnCnnOptions dncnn;
    dncnn.channels = 16;
    dncnn.layers = 4;
    switch (GetParam()) {
      case 0:
        return {unet, "supervised", OptimizerType::kAdam};
      case 1:
        return {unet, "noise2noise", OptimizerType::kRmsprop};
      default:
        return {dncnn, "supervised", OptimizerType::kSgd};
    }
  }
};

TEST_P(StepMemory, IsPlannedBeforeAndNeverTakenWithin) {
  const StepUnderTest s = setup();
  Stream stream(DeviceKind::kCpu, 2);
  const std::size_t before = Buffer::usage().current;
  const std::unique_ptr<Model> model = make_model(s.model);
  const std::unique_ptr<Objective> objective = make_objective(s.objective, {});
  DenoisingPassOptions images;
  images.batch = 2;
  images.h = images.w = 48;
  TrainingStepOptions options;
  options.optimizer.type = s.optimizer;
  options.clip_norm = 1;
  options.ema_decay = 0.99;
  const NoiseModel noise{NoiseType::kGaussian, 0.1f, 1.0f};
  DenoisingPass pass(*model, *objective, {{noise, noise}}, images);
  TrainingStep step(pass, options, stream);
  step.initialise(0, 3);
  for (std::size_t i = 0; i < pass.images().size(); ++i) {
    pass.images()[i] = static_cast<float>(i % 97) / 97.0f;
  }
  for (SampleOrigin& origin : pass.origins()) {
    origin.image_h = origin.image_w = 48;
  }
  std::vector<LaneRequest> requests(1);
  std::vector<LaneOutcome> outcomes(1);
  requests[0].lr = 1e-3;
  step.run(requests, outcomes);
  const std::uint64_t counted_before = all_allocations();
  const std::uint64_t buffers_before = Buffer::usage().allocations;
  for (int t = 2; t <= 5; ++t) {
    requests[0].step = t;
    step.run(requests, outcomes);
  }
  EXPECT_EQ(all_allocations() - counted_before, 0U);
  EXPECT_EQ(Buffer::usage().allocations - buffers_before, 0U);
  EXPECT_EQ(outcomes[0].diverged, "");
  // No buffer came or went since the step was made: what is held is the peak of the step.
  const auto held = static_cast<double>(Buffer::usage().current - before);
  const auto planned = static_cast<double>(step.plan().total_bytes());
  EXPECT_NEAR(held / planned, 1.0, 0.1) << held << " bytes held, " << planned << " planned";
}

INSTANTIATE_TEST_SUITE_P(Networks, StepMemory, testing::Range(0, 3));

TEST(AllocationProbe, CountsEveryThread) {
  const std::uint64_t before = all_allocations();
  std::thread([] { const auto value = std::make_unique<std::string>(100, 'x'); }).join();
  EXPECT_GE(all_allocations() - before, 2U);
}

}  // namespace
}  // namespace selfsame
