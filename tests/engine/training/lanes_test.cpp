// SPDX-License-Identifier: Apache-2.0
// Many runs in one step: every lane's numbers are those of the same run alone.
#include <gtest/gtest.h>

#include <memory>

#include "engine/data/batch_loader.hpp"
#include "engine/data/dead_leaves.hpp"
#include "engine/training/denoising_pass.hpp"
#include "engine/training/training_step.hpp"
#include "losses/registry.hpp"
#include "models/network.hpp"

namespace selfsame {
namespace {

constexpr int kSteps = 20;

/// Everything that a lane ends with: values, average, moments, running statistics and losses.
using LaneResult = std::vector<float>;

struct Lane {
  std::uint64_t seed;
  std::vector<std::uint32_t> examples;
  double lr;
  NoiseModel noise;
};

/// Lane l has its own seed, subset, learning rate and noise level.
Lane make_lane(int l) {
  Lane lane;
  lane.seed = 100 + static_cast<std::uint64_t>(l);
  lane.examples = training_subset(7, 16, 3 + l);
  lane.lr = 1e-3 * (1 + l);
  lane.noise = {NoiseType::kGaussian, 0.05f + 0.01f * static_cast<float>(l), 1.0f};
  return lane;
}

void append(LaneResult& all, const float* values, std::int64_t count) {
  if (values != nullptr) {
    all.insert(all.end(), values, values + count);
  }
}

std::vector<LaneResult> train(const ModelOptions& network, const std::string& objective_name,
                              const std::vector<int>& lanes, int threads) {
  Stream stream(DeviceKind::kCpu, threads);
  const std::unique_ptr<Model> model = make_model(network);
  const std::unique_ptr<Objective> objective = make_objective(objective_name, {});
  DeadLeavesOptions leaves;
  leaves.count = 16;
  leaves.height = leaves.width = 24;
  std::vector<LaneExamples> examples;
  std::vector<LaneMeasurement> measurements;
  for (const int l : lanes) {
    const Lane lane = make_lane(l);
    examples.push_back({lane.seed, lane.examples});
    measurements.push_back({lane.noise, lane.noise});
  }
  BatchLoaderOptions loading;
  loading.crop = {CropMode::kRandom, 16, 16, Augment::kDihedral};
  loading.batch = 2;
  BatchLoader loader(std::make_shared<ImageCache>(dead_leaves_source(leaves), ImageCache::kDefaultBudget),
                     examples, loading);
  DenoisingPassOptions images;
  images.batch = loading.batch;
  images.h = images.w = 16;
  TrainingStepOptions options;
  options.clip_norm = 0.5;
  options.ema_decay = 0.9;
  DenoisingPass pass(*model, *objective, measurements, images);
  TrainingStep step(pass, options, stream);
  std::vector<LaneResult> results(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    step.initialise(static_cast<std::int64_t>(i), make_lane(lanes[i]).seed);
  }
  std::vector<LaneRequest> requests(lanes.size());
  std::vector<LaneOutcome> outcomes(lanes.size());
  for (int t = 0; t < kSteps; ++t) {
    loader.next(pass.images(), pass.second_images(), pass.origins());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      requests[i] = {true, make_lane(lanes[i]).lr, t + 1};
    }
    step.run(requests, outcomes);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      EXPECT_EQ(outcomes[i].diverged, "");
      results[i].push_back(static_cast<float>(outcomes[i].loss));
    }
  }
  const Parameters& p = step.parameters();
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const auto l = static_cast<std::int64_t>(i);
    append(results[i], p.values<float>() + l * p.lane_size(), p.lane_size());
    append(results[i], p.buffers<float>() + l * p.buffer_lane_size(), p.buffer_lane_size());
    for (const float* more : {step.moment1(l), step.moment2(l), step.ema(l)}) {
      append(results[i], more, p.lane_size());
    }
  }
  return results;
}

ModelOptions tiny_unet() {
  UNetOptions options;
  options.channels = 4;
  options.pools = 2;
  return options;
}

ModelOptions tiny_dncnn() {
  DnCnnOptions options;
  options.channels = 8;
  options.layers = 4;
  return options;
}

void expect_lanes_equal_single_runs(const ModelOptions& network, const std::string& objective) {
  std::vector<LaneResult> alone;
  for (int l = 0; l < 8; ++l) {
    alone.push_back(train(network, objective, {l}, 1)[0]);
  }
  EXPECT_NE(alone[0], alone[1]);
  const std::vector<std::vector<int>> groups{{5}, {2, 0, 7}, {0, 1, 2, 3, 4, 5, 6, 7}};
  for (const std::vector<int>& lanes : groups) {
    const std::vector<LaneResult> together = train(network, objective, lanes, 2);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      EXPECT_EQ(together[i], alone[static_cast<std::size_t>(lanes[i])])
          << "lane " << lanes[i] << " of " << lanes.size();
    }
  }
}

TEST(Lanes, OfAUnetAreBitwiseTheRunsAlone) { expect_lanes_equal_single_runs(tiny_unet(), "supervised"); }
TEST(Lanes, OfABatchNormNetworkAreBitwiseTheRunsAlone) {
  expect_lanes_equal_single_runs(tiny_dncnn(), "noise2noise");
}

TEST(TrainingStep, ResultsDoNotDependOnTheNumberOfThreads) {
  for (const ModelOptions& network : {tiny_unet(), tiny_dncnn()}) {
    const std::vector<LaneResult> one = train(network, "noise2noise", {0, 1}, 1);
    EXPECT_EQ(train(network, "noise2noise", {0, 1}, 2), one);
    EXPECT_EQ(train(network, "noise2noise", {0, 1}, 4), one);
  }
}

}  // namespace
}  // namespace selfsame
