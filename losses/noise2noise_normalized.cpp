// SPDX-License-Identifier: Apache-2.0
// noise2noise_normalized: |f(y) - y'|^2 / |y'|^2, the relative error to a second noisy measurement. The
// divisor is random and not independent of the target that it divides, so E[grad] is not the gradient of the
// relative error |f(y) - x|^2 / |x|^2: |y'|^2 is about |x|^2 + n sigma^2, which makes the weight of every
// image too small, and that of dark images more than that of bright ones. Dividing by something that does not
// depend on the draw keeps a loss unbiased. A negative control of `verify`.
#include "kernels/dot/dot.hpp"
#include "kernels/sample_scale/sample_scale.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

class Noise2NoiseNormalized : public Objective {
 public:
  TargetKind target_kind() const override { return TargetKind::kSecondNoisy; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{false, "E|f(y) - x|^2 / |x|^2", "the measurement y", "the divisor is random"}};
  }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    gradient_ = plan.activation("objective.dprediction", measurement, dtype, 1, 0);
    divisors_ = plan.activation("objective.divisors", {1, 1, 1, measurement.n}, DType::kF64, 1, 0);
    plan.need_workspace(squared_error_workspace(measurement));
    plan.need_workspace(sample_dot_workspace(measurement));
  }
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override {
    run(sample_losses, measurement, measurement.target, lanes, network, stream);
  }
  void risk_value_and_gradient(std::size_t /*claim*/, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override {
    run(sample_losses, measurement, clean, lanes, network, stream);
  }

 private:
  /// The mean square of the target divides the mean squared error.
  void run(std::span<double> sample_losses, const Measurement& measurement, ConstTensorView target,
           std::int64_t lanes, NetworkHandle& network, Stream& stream) {
    const std::span<double> divisors(divisors_->as<double>(), sample_losses.size());
    squared_error(sample_losses, *gradient_, network.forward(measurement.noisy, stream), target, lanes,
                  stream);
    sample_dot(divisors, 0.0, 1.0, 0.0, target, target, stream);
    divide_samples(*gradient_, sample_losses, divisors, stream);
    network.backward(*gradient_, stream);
  }
  const TensorView *gradient_ = nullptr, *divisors_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(noise2noise_normalized,
                            {"noise2noise_normalized",
                             "|f(y) - y'|^2 / |y'|^2",
                             "",
                             {},
                             [](const ObjectiveOptions&, const NoiseModel&) -> std::unique_ptr<Objective> {
                               return std::make_unique<Noise2NoiseNormalized>();
                             }});

}  // namespace
}  // namespace selfsame
