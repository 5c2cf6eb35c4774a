// SPDX-License-Identifier: Apache-2.0
#include "losses/objective.hpp"

#include <gtest/gtest.h>

#include "losses/registry.hpp"

namespace selfsame {
namespace {

/// Gives back twice its input.
class Doubling : public NetworkHandle {
 public:
  ConstTensorView forward(ConstTensorView input, Stream&) override {
    output_ = {2 * input.as<double>()[0], 2 * input.as<double>()[1]};
    return {output_.data(), DType::kF64, input.shape, 1};
  }
  void backward(ConstTensorView, Stream&) override {}

 private:
  std::vector<double> output_;
};

TEST(Objective, GetsFromANetworkOnlyWhatItAskedFor) {
  Doubling network;
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(static_cast<void>(network.predict({}, stream)), Error);
  EXPECT_THROW(static_cast<void>(network.parameter(0)), Error);
  EXPECT_THROW(static_cast<void>(network.parameter_gradient(0)), Error);
}

TEST(Objective, UsesTheOutputAsItIsUnlessItSaysOtherwise) {
  const std::unique_ptr<Objective> objective = make_objective("supervised");
  EXPECT_FALSE(objective->corrects());
  EXPECT_EQ(objective->prediction_draws(), 1);
  EXPECT_FALSE(objective->needs_predictions());
  EXPECT_TRUE(objective->parameters().empty());
  EXPECT_EQ(objective->network_shape({3, 2, 8, 6}), (Shape4{3, 2, 8, 6}));
  MemoryPlan plan;
  objective->plan_prediction(plan, {1, 1, 1, 2}, DType::kF64);
  EXPECT_TRUE(plan.entries().empty());
  Doubling network;
  Stream stream(DeviceKind::kCpu, 1);
  const double noisy[] = {0.5, -3};
  const ConstTensorView got = objective->predict({noisy, DType::kF64, {1, 1, 1, 2}, 1}, {}, network, stream);
  EXPECT_EQ(got.as<double>()[0], 1);
  EXPECT_EQ(got.as<double>()[1], -6);
}

TEST(Objective, MadeForItsFirstClaim) {
  for (const ObjectiveInfo& info : objectives()) {
    const std::unique_ptr<Objective> objective = example_objective(info.name).objective;
    EXPECT_EQ(objective->claim().risk, objective->claims().front().risk) << info.name;
    EXPECT_EQ(objective->claim().unbiased, objective->claims().front().unbiased) << info.name;
  }
}

TEST(Objective, OfHalvedImagesRefusesOddOnes) {
  const std::unique_ptr<Objective> objective = make_objective("neighbor2neighbor");
  EXPECT_EQ(objective->network_shape({3, 2, 8, 6}), (Shape4{3, 2, 4, 3}));
  MemoryPlan plan;
  EXPECT_THROW(objective->plan(plan, {1, 1, 8, 7}, DType::kF64), Error);
}

}  // namespace
}  // namespace selfsame
