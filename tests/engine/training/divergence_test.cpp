// SPDX-License-Identifier: Apache-2.0
// A number that is not finite stops a run before its weights change, and is named.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/checkpoint/checkpoint_store.hpp"
#include "engine/data/selection.hpp"
#include "engine/training/denoising_pass.hpp"
#include "engine/training/training_step.hpp"
#include "losses/registry.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kSide = 16;

class DivergingStep : public testing::Test {
 protected:
  DivergingStep() : stream_(DeviceKind::kCpu, 1), objective_(make_objective("supervised", {})) {
    UNetOptions unet;
    unet.channels = 4;
    unet.pools = 1;
    model_ = make_model(unet);
    DenoisingPassOptions images;
    images.batch = 2;
    images.h = images.w = kSide;
    TrainingStepOptions options;
    options.ema_decay = 0.9;
    const NoiseModel noise{NoiseType::kGaussian, 0.1f, 1.0f};
    pass_ = std::make_unique<DenoisingPass>(*model_, *objective_,
                                            std::vector<LaneMeasurement>(2, {noise, noise}), images);
    step_ = std::make_unique<TrainingStep>(*pass_, options, stream_);
    for (std::int64_t l = 0; l < 2; ++l) {
      step_->initialise(l, 3);
    }
    for (std::size_t i = 0; i < pass_->images().size(); ++i) {
      pass_->images()[i] = static_cast<float>(i % 31) / 31.0f;
    }
    for (SampleOrigin& origin : pass_->origins()) {
      origin.image_h = origin.image_w = kSide;
    }
  }

  std::vector<LaneOutcome> run() {
    std::vector<LaneRequest> requests(2);
    std::vector<LaneOutcome> outcomes(2);
    for (LaneRequest& request : requests) {
      request.lr = 1e-3;
    }
    step_->run(requests, outcomes);
    return outcomes;
  }

  [[nodiscard]] std::vector<float> state(std::int64_t lane) const {
    const Parameters& p = step_->parameters();
    std::vector<float> all;
    for (const float* part :
         {static_cast<const float*>(p.values<float>()) + lane * p.lane_size(),
          static_cast<const float*>(step_->moment1(lane)), static_cast<const float*>(step_->moment2(lane)),
          static_cast<const float*>(step_->ema(lane))}) {
      all.insert(all.end(), part, part + p.lane_size());
    }
    return all;
  }

  Stream stream_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<DenoisingPass> pass_;
  std::unique_ptr<TrainingStep> step_;
};

TEST_F(DivergingStep, NamesAnInfiniteWeightAndChangesNothingInThatLane) {
  ASSERT_EQ(run()[0].diverged, "");
  const int tensor = 2;
  step_->parameters().lane_value<float>(tensor, 1)[5] = std::numeric_limits<float>::infinity();
  const std::vector<float> healthy = state(0), broken = state(1);
  const std::vector<LaneOutcome> outcomes = run();
  EXPECT_EQ(outcomes[0].diverged, "");
  const std::string& name = step_->parameters().table().tensors()[tensor].name;
  EXPECT_NE(outcomes[1].diverged.find(name), std::string::npos) << outcomes[1].diverged;
  EXPECT_EQ(state(1), broken);
  EXPECT_NE(state(0), healthy) << "the other lane trains on";
}

TEST_F(DivergingStep, NamesTheSampleOfAnInfinitePixel) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    const float good = pass_->images()[3 * kSide * kSide + 7];
    pass_->images()[3 * kSide * kSide + 7] = bad;  // sample 3: the second of lane 1
    const std::vector<float> before = state(1);
    const std::vector<LaneOutcome> outcomes = run();
    EXPECT_EQ(outcomes[0].diverged, "");
    EXPECT_NE(outcomes[1].diverged, "") << bad;
    EXPECT_EQ(outcomes[1].bad_samples, std::vector<int>{3}) << bad;
    EXPECT_EQ(state(1), before) << bad;
    pass_->images()[3 * kSide * kSide + 7] = good;
  }
  EXPECT_EQ(run()[1].diverged, "");
}

/// A stack of images of which the one that is trained on third holds `value`.
class BadImageRun : public testing::Test {
 protected:
  static constexpr std::int64_t kImages = 4;
  void write(float value) {
    std::vector<float> pixels(kImages * 24 * 24, 0.5f);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = static_cast<float>(i % 29) / 29.0f;
    }
    const std::vector<std::uint32_t> order = training_subset(0, kImages, kImages);
    bad_ = order[static_cast<std::size_t>(EpochOrder(0, kImages).at(2).index)];
    for (int i = 0; i < 24 * 24; ++i) {  // every crop meets it
      pixels[bad_ * 24 * 24 + static_cast<std::size_t>(i)] = value;
    }
    const std::array<std::int64_t, 3> shape{kImages, 24, 24};
    write_npy<float>((folder_ / "images.npy").string(), pixels, shape);
    std::ofstream(folder_ / "tiny.json") << kTinyRun;
  }
  ProgramResult train() {
    return selfsame_program(
        {"train", "--config", (folder_ / "tiny.json").string(), "--out", run().string(), "--set",
         "data.train={\"type\": \"npy\", \"path\": \"" + (folder_ / "images.npy").string() + "\"}", "--set",
         "training.batch=1", "--set", "checkpoint.every_steps=1"});
  }
  [[nodiscard]] std::filesystem::path run() const { return folder_ / "run"; }
  TemporaryFolder folder_;
  std::uint32_t bad_ = 0;
};

TEST_F(BadImageRun, EndsWithCode5AndKeepsTheLastGoodCheckpoint) {
  write(3e38f);  // finite, but not after the first convolution
  const ProgramResult result = train();
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_NE(result.err.find("step 3:"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("images.npy[" + std::to_string(bad_) + "]"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("not finite"), std::string::npos) << result.err;
  const SafetensorsFile last = CheckpointStore(run()).load(CheckpointSlot::kLast).file;
  EXPECT_EQ(last.metadata().at("step"), "2");
  for (const StoredTensor& tensor : last.tensors()) {
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    for (const float value : values) {
      ASSERT_TRUE(std::isfinite(value)) << tensor.name;
    }
  }
  std::ifstream marker(run() / "FAILED");
  EXPECT_EQ(nlohmann::json::parse(marker).at("exit_code"), 5);
}

TEST_F(BadImageRun, WithANaNIsRefusedWhenThePixelIsRead) {
  write(std::numeric_limits<float>::quiet_NaN());
  const ProgramResult result = train();
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("images.npy[" + std::to_string(bad_) + "]: pixel nan"), std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace selfsame
