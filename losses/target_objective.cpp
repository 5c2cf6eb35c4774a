// SPDX-License-Identifier: Apache-2.0
#include "losses/target_objective.hpp"

#include "kernels/squared_error/squared_error.hpp"

namespace selfsame {

void TargetObjective::plan(MemoryPlan& plan, Shape4 measurement, DType dtype) {
  dprediction_ = plan.activation("objective.dprediction", measurement, dtype, 1, 0);
  plan.need_workspace(squared_error_workspace(measurement));
}

ConstTensorView TargetObjective::input(const Measurement& measurement, Stream& /*stream*/) {
  return measurement.noisy;
}

ConstTensorView TargetObjective::target(const Measurement& measurement, ConstTensorView /*input*/,
                                        Stream& /*stream*/) {
  return measurement.target;
}

ConstTensorView TargetObjective::risk_target(std::size_t /*claim*/, ConstTensorView clean,
                                             ConstTensorView /*input*/, Stream& /*stream*/) {
  return clean;
}

void TargetObjective::run(std::span<double> sample_losses, ConstTensorView input, ConstTensorView target,
                          std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  SELFSAME_CHECK(dprediction_ != nullptr && !dprediction_->empty(), "the objective was not planned");
  const ConstTensorView prediction = network.forward(input, stream);
  squared_error(sample_losses, *dprediction_, prediction, target, lanes, stream);
  network.backward(*dprediction_, stream);
}

void TargetObjective::value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                                         std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  const ConstTensorView in = input(measurement, stream);
  run(sample_losses, in, target(measurement, in, stream), lanes, network, stream);
}

void TargetObjective::risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                                              const Measurement& measurement, ConstTensorView clean,
                                              std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  const ConstTensorView in = input(measurement, stream);
  run(sample_losses, in, risk_target(claim, clean, in, stream), lanes, network, stream);
}

}  // namespace selfsame
