// SPDX-License-Identifier: Apache-2.0
#include "losses/blind_spot.hpp"

#include "kernels/masked_error/masked_error.hpp"
#include "kernels/squared_error/squared_error.hpp"

namespace selfsame {

std::vector<UnbiasednessClaim> BlindSpotObjective::claims() const {
  return {
      {true, "E sum over J of (f(m_J(y)) - x)^2 / |J|", "m_J(y), blind on J",
       "noise of mean zero, independent between pixels"},
      {false, "E|f(y) - x|^2", "the measurement y", "a network that may look at the pixel itself is better"}};
}

void BlindSpotObjective::plan(MemoryPlan& plan, Shape4 measurement, DType dtype) {
  masked_ = plan.activation("objective.masked", measurement, dtype, 1, 0);
  mask_ = plan.activation("objective.mask", {measurement.n, 1, measurement.h, measurement.w}, dtype, 1, 0);
  gradient_ = plan.activation("objective.dprediction", measurement, dtype, 1, 0);
  plan.need_workspace(squared_error_workspace(measurement));
  plan.need_workspace(masked_error_workspace(measurement));
}

void BlindSpotObjective::run(std::span<double> sample_losses, const Measurement& measurement,
                             ConstTensorView target, std::int64_t lanes, NetworkHandle& network,
                             Stream& stream) {
  blind_spots(*masked_, *mask_, measurement.noisy, measurement.origins, rule_, stream);
  const ConstTensorView prediction = network.forward(*masked_, stream);
  masked_squared_error(sample_losses, *gradient_, prediction, target, *mask_, lanes, stream);
  network.backward(*gradient_, stream);
}

void BlindSpotObjective::value_and_gradient(std::span<double> sample_losses, const Measurement& measurement,
                                            std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  run(sample_losses, measurement, measurement.noisy, lanes, network, stream);
}

void BlindSpotObjective::risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                                                 const Measurement& measurement, ConstTensorView clean,
                                                 std::int64_t lanes, NetworkHandle& network, Stream& stream) {
  if (claim == 0) {
    run(sample_losses, measurement, clean, lanes, network, stream);
    return;
  }
  squared_error(sample_losses, *gradient_, network.forward(measurement.noisy, stream), clean, lanes, stream);
  network.backward(*gradient_, stream);
}

}  // namespace selfsame
