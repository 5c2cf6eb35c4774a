// SPDX-License-Identifier: Apache-2.0
// r2r: recorrupted-to-recorrupted, |f(z) - t|^2 / n with z and t both made from one measurement y
// (losses/recorruption.hpp). Given x the two are independent and t = x + d with E[d | x, z] = 0, so it is
// Noise2Noise at the input z:
//
//   E[grad |f(z) - t|^2] = E[grad |f(z) - x|^2] - 2 E[<grad f(z), d>] = E[grad |f(z) - x|^2].
//
// The price: the network is trained for inputs with more noise than y, and the target has the variance
// sigma^2 (1 + 1 / alpha^2) of Gaussian noise. At test time predictions for several z are averaged.
#include <array>

#include "kernels/add/add.hpp"
#include "losses/recorruption.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {
    kRecorruptionAlpha, kNoiseSigma,
    ObjectiveOption{"draws", "at test time: predictions for this many z are averaged", 5.0, 1, 1000, {}}};

class R2R : public TargetObjective {
 public:
  R2R(const ObjectiveOptions& options, const NoiseModel& noise)
      : recorruption_("r2r", options, noise), draws_(static_cast<int>(number(options, "draws"))) {}
  TargetKind target_kind() const override { return TargetKind::kNone; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(z) - x|^2", recorruption_.input_text(), recorruption_.condition_text()},
            {false, "E|f(y) - x|^2", "the measurement y",
             "trained for the noisier z; the smaller alpha, the smaller the difference"}};
  }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    TargetObjective::plan(plan, measurement, dtype);
    recorruption_.plan(plan, measurement, dtype);
  }
  void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override {
    run(sample_losses, claim == 0 ? input(measurement, stream) : measurement.noisy, clean, lanes, network,
        stream);
  }

  bool corrects() const override { return true; }
  int prediction_draws() const override { return draws_; }
  void plan_prediction(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    recorruption_.plan(plan, measurement, dtype);
    mean_ = plan.activation("objective.mean", measurement, dtype, 1, 0);
  }
  ConstTensorView predict(ConstTensorView noisy, std::span<const SampleOrigin> origins,
                          NetworkHandle& network, Stream& stream) override {
    const auto samples = static_cast<std::size_t>(noisy.shape.n);
    const float part = 1.0f / static_cast<float>(draws_);
    for (int k = 0; k < draws_; ++k) {
      const ConstTensorView z =
          recorruption_.draw(noisy, origins.subspan(static_cast<std::size_t>(k) * samples, samples), stream);
      const ConstTensorView prediction = network.forward(z, stream);
      add_scaled(*mean_, part, prediction, k == 0 ? 0.0f : 1.0f, k == 0 ? ConstTensorView() : *mean_, stream);
    }
    return *mean_;
  }

 protected:
  ConstTensorView input(const Measurement& measurement, Stream& stream) override {
    return recorruption_.draw(measurement.noisy, measurement.origins, stream);
  }
  ConstTensorView target(const Measurement& measurement, ConstTensorView z, Stream& stream) override {
    return recorruption_.rest(measurement.noisy, z, stream);
  }

 private:
  Recorruption recorruption_;
  int draws_;
  const TensorView* mean_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(
    r2r, {"r2r", "|f(z) - t|^2 / n, z and t made from y with no noise in common", "R2RLoss", kOptions,
          [](const ObjectiveOptions& options, const NoiseModel& noise) -> std::unique_ptr<Objective> {
            return std::make_unique<R2R>(options, noise);
          }});

}  // namespace
}  // namespace selfsame
