// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "losses/objective.hpp"

namespace selfsame {

/// What objectives share that compare one prediction with one target:
///
///   loss_n = |f(input_n) - target_n|^2 / (C*H*W)
///
/// and whose supervised risk has the clean image in the target's place, at the same input.
class TargetObjective : public Objective {
 public:
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override;
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override;
  void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override;

 protected:
  /// The network's input; by default the measurement.
  virtual ConstTensorView input(const Measurement& measurement, Stream& stream);
  /// What its prediction is compared with; by default measurement.target.
  virtual ConstTensorView target(const Measurement& measurement, ConstTensorView input, Stream& stream);
  /// The same in the risk of this claim; by default the clean image.
  virtual ConstTensorView risk_target(std::size_t claim, ConstTensorView clean, ConstTensorView input,
                                      Stream& stream);
  /// One forward, the mean squared error, one backward.
  void run(std::span<double> sample_losses, ConstTensorView input, ConstTensorView target, std::int64_t lanes,
           NetworkHandle& network, Stream& stream);

 private:
  /// The gradient at the output lives as long as the plan: an objective does not see the network's ticks.
  const TensorView* dprediction_ = nullptr;  // (N, C, H, W), block 1
};

}  // namespace selfsame
