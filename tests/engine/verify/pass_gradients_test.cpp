// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/pass_gradients.hpp"

#include <gtest/gtest.h>

namespace selfsame {
namespace {

/// Loss of sample n: w0 x_n + 3 w1, with a buffer, and an objective's own parameter that starts at 5.
class LinePass final : public TrainingPass {
 public:
  LinePass(std::int64_t lanes, std::int64_t batch) : lanes_(lanes), batch_(batch) {
    x.resize(static_cast<std::size_t>(lanes * batch));
  }
  [[nodiscard]] std::int64_t lanes() const override { return lanes_; }
  [[nodiscard]] std::int64_t batch() const override { return batch_; }
  [[nodiscard]] ParameterTable parameters() const override {
    ParameterTable table;
    table.add("weight", {1}, {0.0f, 1.0f});
    table.add("bias", {1}, {0.0f, 1.0f});
    table.add("objective.eta", {1}, {0.0f, 5.0f});
    return table;
  }
  void plan(MemoryPlan& plan, Parameters& parameters, Stream&) override {
    plan.activation("unused", {1, 1, 1, 1}, DType::kF32, 1, 0);
    parameters_ = &parameters;
  }
  void take_memory(Stream&) override {}
  void enqueue(std::span<double> losses, Stream&) override {
    for (std::int64_t n = 0; n < lanes_ * batch_; ++n) {
      const std::int64_t at = n / batch_ * parameters_->lane_size();
      const float* w = parameters_->values<float>() + at;
      float* g = parameters_->gradients<float>() + at;
      const std::vector<ParameterInfo>& t = parameters_->table().tensors();
      losses[static_cast<std::size_t>(n)] =
          static_cast<double>(w[t[0].offset] * x[static_cast<std::size_t>(n)] + 3 * w[t[1].offset]);
      g[t[0].offset] += x[static_cast<std::size_t>(n)] / static_cast<float>(batch_);
      g[t[1].offset] += 3 / static_cast<float>(batch_);
      eta = w[t[2].offset];
    }
  }
  std::vector<float> x;
  float eta = 0;

 private:
  std::int64_t lanes_, batch_;
  Parameters* parameters_ = nullptr;
};

/// Weights in their places: every tensor of an arena starts on a boundary of 64 bytes.
TrainedPoint point_of(const LinePass& pass, const std::vector<float>& weights) {
  const ParameterTable table = pass.parameters();
  TrainedPoint point{"here", {}, {}};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    point.values.resize(static_cast<std::size_t>(table.tensors()[i].offset) + 1);
    point.values.back() = weights[i];
  }
  return point;
}

TEST(PassGradients, AreThoseOfEachLaneAtTheSameWeights) {
  LinePass pass(3, 2);
  Stream stream(DeviceKind::kCpu, 1);
  PassGradients gradients(pass, stream);
  gradients.set_weights(point_of(pass, {2, -1, 7}));
  pass.x = {1, 3, 10, 20, -4, 4};
  for (int run = 0; run < 2; ++run) {  // the second does not add to the first
    gradients.run();
    for (std::int64_t lane = 0; lane < 3; ++lane) {
      const std::vector<GradientTensor> tensors = gradients.tensors();
      ASSERT_EQ(tensors.size(), 2u) << "the objective's own parameter is none of the network's";
      EXPECT_EQ(tensors[0].name, "weight");
      EXPECT_EQ(tensors[1].count, 1);
      EXPECT_EQ(gradients.gradient(lane)[tensors[0].offset],
                (std::vector<float>{2, 15, 0})[static_cast<std::size_t>(lane)]);
      EXPECT_EQ(gradients.gradient(lane)[tensors[1].offset], 3.0f);
    }
    for (std::int64_t n = 0; n < 6; ++n) {
      EXPECT_EQ(gradients.loss(n), 2 * pass.x[static_cast<std::size_t>(n)] - 3);
    }
  }
  EXPECT_EQ(pass.eta, 7.0f);
}

TEST(PassGradients, LeaveParametersThatThePointDoesNotKnowAtTheirInitialValues) {
  LinePass pass(2, 1);
  Stream stream(DeviceKind::kCpu, 1);
  PassGradients gradients(pass, stream);
  gradients.set_weights(point_of(pass, {2, -1, 7}));
  gradients.set_weights(point_of(pass, {4, 1}));
  pass.x = {1, 2};
  gradients.run();
  EXPECT_EQ(gradients.loss(1), 11);
  EXPECT_EQ(pass.eta, 5.0f);
}

}  // namespace
}  // namespace selfsame
