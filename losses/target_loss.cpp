// SPDX-License-Identifier: Apache-2.0
#include "losses/target_loss.hpp"

#include "kernels/squared_error/squared_error.hpp"

namespace selfsame {

void TargetLoss::plan(MemoryPlan& plan, Shape4 prediction, DType dtype) {
  dprediction_ = plan.activation("objective.dprediction", prediction, dtype, 1, 0);
  plan.need_workspace(squared_error_workspace(prediction));
}

void TargetLoss::run(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                     NetworkHandle& network, Stream& stream) {
  SELFSAME_CHECK(dprediction_ != nullptr && !dprediction_->empty(), "the objective was not planned");
  const ConstTensorView prediction = network.forward(measurement.noisy, stream);
  squared_error(sample_losses, *dprediction_, prediction, measurement.target, lanes, stream);
  network.backward(*dprediction_, stream);
}

}  // namespace selfsame
