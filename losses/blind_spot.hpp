// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/blind_spots/blind_spots.hpp"
#include "losses/objective.hpp"

namespace selfsame {

/// What blind-spot objectives share. J is a set of pixels, m_J(y) the measurement in which they are replaced
/// by values that do not depend on them:
///
///   L = sum over J of (f(m_J(y)) - y)^2 / |J|
///
/// f(m_J(y)) on J is independent of the noise on J if the noise is independent between pixels, so y is a
/// noisy target of mean x there, as in Noise2Noise:
///
///   E[grad L] = E[grad sum over J of (f(m_J(y)) - x)^2 / |J|],
///
/// the supervised gradient of a network that must do without the pixel itself, and not that of E|f(y) - x|^2.
/// J is drawn afresh in every step.
class BlindSpotObjective : public Objective {
 public:
  explicit BlindSpotObjective(const BlindSpotRule& rule) : rule_(rule) {}
  [[nodiscard]] TargetKind target_kind() const override { return TargetKind::kNone; }
  [[nodiscard]] std::vector<UnbiasednessClaim> claims() const override;
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override;
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override;
  void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override;

 protected:
  [[nodiscard]] const BlindSpotRule& rule() const { return rule_; }

 private:
  void run(std::span<double> sample_losses, const Measurement& measurement, ConstTensorView target,
           std::int64_t lanes, NetworkHandle& network, Stream& stream);

  BlindSpotRule rule_;
  const TensorView *masked_ = nullptr, *mask_ = nullptr, *gradient_ = nullptr;
};

}  // namespace selfsame
