// SPDX-License-Identifier: Apache-2.0
// noisier2noise: |h(z) - y|^2 / n, z = y + alpha w with noise w like the measurement's (Moran et al., CVPR
// 2020). h learns E[y | z], from which the image follows:
//
//   xhat = ((1 + alpha^2) h(z) - z) / alpha^2,   since  E[y | z] = E[x | z] + E[e | z]  and
//   E[e | z] = (E[e + alpha w | z]) / (1 + alpha^2) = (z - E[x | z]) / (1 + alpha^2)  for Gaussian e, w.
//
// With a = alpha^2 / (1 + alpha^2), y = (1 - a) z + a t (losses/recorruption.hpp) and h = (1 - a) z + a xhat:
//
//   |h(z) - y|^2 = a^2 |xhat(z) - t|^2
//
// the R2R loss of xhat, times a^2: its mean gradient is that of a^2 E|xhat(z) - x|^2. The raw h is no
// estimate of the image.
#include <array>

#include "kernels/add/add.hpp"
#include "losses/recorruption.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {
    ObjectiveOption{kRecorruptionAlpha.name, kRecorruptionAlpha.doc, 1.0, 1e-3, 1e3, {}}, kNoiseSigma,
    ObjectiveOption{"draws", "at test time: predictions for this many z are averaged", 1.0, 1, 1000, {}}};

class Noisier2Noise : public TargetObjective {
 public:
  Noisier2Noise(const ObjectiveOptions& options, const NoiseModel& noise)
      : recorruption_("noisier2noise", options, noise), draws_(static_cast<int>(number(options, "draws"))) {
    if (noise.type != NoiseType::kGaussian && noise.type != NoiseType::kNone) {
      fail(ErrorKind::kUsage, "objective 'noisier2noise' is made for Gaussian noise; 'r2r' knows others");
    }
  }
  TargetKind target_kind() const override { return TargetKind::kNone; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "(alpha^2 / (1 + alpha^2))^2 E|xhat(z) - x|^2, xhat = ((1 + alpha^2) h(z) - z) / alpha^2",
             recorruption_.input_text(), recorruption_.condition_text()},
            {false, "E|h(z) - x|^2", recorruption_.input_text(), "the output is not the reconstruction"}};
  }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    TargetObjective::plan(plan, measurement, dtype);
    recorruption_.plan(plan, measurement, dtype);
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
    const auto a = recorruption_.fraction();
    const auto part = static_cast<float>(1 / (a * draws_)),
               back = static_cast<float>(-(1 - a) / (a * draws_));
    for (int k = 0; k < draws_; ++k) {
      const ConstTensorView z =
          recorruption_.draw(noisy, origins.subspan(static_cast<std::size_t>(k) * samples, samples), stream);
      const ConstTensorView h = network.forward(z, stream);
      add_scaled(recorruption_.spare(), part, h, back, z, stream);
      add_scaled(*mean_, 1.0f, recorruption_.spare(), k == 0 ? 0.0f : 1.0f,
                 k == 0 ? ConstTensorView() : *mean_, stream);
    }
    return *mean_;
  }

 protected:
  ConstTensorView input(const Measurement& measurement, Stream& stream) override {
    return recorruption_.draw(measurement.noisy, measurement.origins, stream);
  }
  ConstTensorView target(const Measurement& measurement, ConstTensorView /*z*/, Stream& /*stream*/) override {
    return measurement.noisy;
  }
  /// a^2 |xhat - x|^2 = |h - ((1 - a) z + a x)|^2.
  ConstTensorView risk_target(std::size_t claim, ConstTensorView clean, ConstTensorView z,
                              Stream& stream) override {
    if (claim != 0) {
      return clean;
    }
    const double a = recorruption_.fraction();
    add_scaled(recorruption_.spare(), static_cast<float>(a), clean, static_cast<float>(1 - a), z, stream);
    return recorruption_.spare();
  }

 private:
  Recorruption recorruption_;
  int draws_;
  const TensorView* mean_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(
    noisier2noise,
    {"noisier2noise", "|h(z) - y|^2 / n, z = y + alpha w; image ((1 + alpha^2) h(z) - z) / alpha^2", "",
     kOptions, [](const ObjectiveOptions& options, const NoiseModel& noise) -> std::unique_ptr<Objective> {
       return std::make_unique<Noisier2Noise>(options, noise);
     }});

}  // namespace
}  // namespace selfsame
