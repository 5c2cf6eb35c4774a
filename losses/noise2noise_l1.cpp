// SPDX-License-Identifier: Apache-2.0
// noise2noise_l1: |f(y) - y'|_1 / n with a second noisy measurement y' (an option in Lehtinen et al., ICML
// 2018). The gradient at the prediction is sign(f - y') / n, and E sign(f - x - e') is not sign(f - x): it is
// P(e' < f - x) - P(e' > f - x), a smooth function of f - x. The minimiser is the median of y' given y, which
// is that of x only for some noise and some images; the gradient is not the supervised one for any noise. A
// negative control of `verify`.
#include "kernels/absolute_error/absolute_error.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

class Noise2NoiseL1 : public Objective {
 public:
  TargetKind target_kind() const override { return TargetKind::kSecondNoisy; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{false, "E|f(y) - x|_1", "the measurement y", "unbiasedness is a matter of squared errors"}};
  }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    gradient_ = plan.activation("objective.dprediction", measurement, dtype, 1, 0);
    plan.need_workspace(absolute_error_workspace(measurement));
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
  void run(std::span<double> sample_losses, const Measurement& measurement, ConstTensorView target,
           std::int64_t lanes, NetworkHandle& network, Stream& stream) {
    absolute_error(sample_losses, *gradient_, network.forward(measurement.noisy, stream), target, lanes,
                   stream);
    network.backward(*gradient_, stream);
  }
  const TensorView* gradient_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(noise2noise_l1,
                            {"noise2noise_l1",
                             "|f(y) - y'|_1 / n",
                             "",
                             {},
                             [](const ObjectiveOptions&, const NoiseModel&) -> std::unique_ptr<Objective> {
                               return std::make_unique<Noise2NoiseL1>();
                             }});

}  // namespace
}  // namespace selfsame
