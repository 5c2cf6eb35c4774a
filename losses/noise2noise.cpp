// SPDX-License-Identifier: Apache-2.0
// noise2noise: |f(y) - y'|^2 / n with a second noisy measurement y' of the same image (Lehtinen et al., ICML
// 2018). With y' = x + e':  |f(y) - y'|^2 = |f(y) - x|^2 - 2 <f(y) - x, e'> + |e'|^2. The middle term has
// mean zero when E[e' | x, y] = 0 and the last does not depend on f, so the mean gradient is the supervised
// one.
#include "losses/registry.hpp"
#include "losses/target_loss.hpp"

namespace selfsame {
namespace {

constexpr ObjectiveOption kOptions[] = {
    {"sigma",
     "standard deviation of the target's noise on the [0, 1] scale; absent: that of the input",
     {},
     0.0}};

class Noise2Noise : public Objective {
 public:
  explicit Noise2Noise(std::optional<double> sigma) : sigma_(sigma) {}
  TargetKind target_kind() const override { return TargetKind::kSecondNoisy; }
  std::optional<double> target_sigma() const override { return sigma_; }
  UnbiasednessClaim claim() const override {
    return {true, "E|f(y) - x|^2", "the measurement y",
            "E[y' | x, y] = x: target noise of mean zero given the input"};
  }
  void plan(MemoryPlan& plan, Shape4 prediction, DType dtype) override {
    loss_.plan(plan, prediction, dtype);
  }
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override {
    loss_.run(sample_losses, measurement, lanes, network, stream);
  }

 private:
  std::optional<double> sigma_;
  TargetLoss loss_;
};

SELFSAME_REGISTER_OBJECTIVE(noise2noise, {"noise2noise", "|f(y) - y'|^2 / n", kOptions,
                                          [](const ObjectiveOptions& options) -> std::unique_ptr<Objective> {
                                            return std::make_unique<Noise2Noise>(option(options, "sigma"));
                                          }});

}  // namespace
}  // namespace selfsame
