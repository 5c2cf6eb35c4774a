// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "losses/objective.hpp"

namespace selfsame {

/// The part that objectives with a plain target share: one forward, the mean squared error, one backward.
///
///   loss_n = |f(noisy_n) - target_n|^2 / (C*H*W)
class TargetLoss {
 public:
  /// The gradient at the output lives as long as the plan: an objective does not see the network's ticks.
  void plan(MemoryPlan& plan, Shape4 prediction, DType dtype);
  void run(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
           NetworkHandle& network, Stream& stream);

 private:
  const TensorView* dprediction_ = nullptr;  // (N, C, H, W), block 1
};

}  // namespace selfsame
