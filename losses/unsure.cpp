// SPDX-License-Identifier: Apache-2.0
// unsure: SURE without knowing sigma (Tachella, Davies, Jacques, "UNSURE: self-supervised learning with
// unknown noise level and Stein's unbiased risk estimate", ICLR 2025):
//
//   min over f, max over eta of  |f(y) - y|^2 / n + 2 eta div f(y) / n
//
// The maximum over eta forces E div f = 0. It is reached by f(y) = y + eta grad log p(y) with
// eta = n / E|grad log p|^2 = sigma^2 / (1 - MMSE / sigma^2), MMSE per pixel: more than sigma^2. So its
// gradient is not the supervised one, by design; the price is an error of MMSE / (1 - MMSE / sigma^2) in
// place of MMSE.
//
// eta is trained along: one number per lane, to which the optimiser is given the negative gradient,
// -2 div f(y) / n, so that it ascends. eta = start (1 + rate theta) with theta starting at 0: steps of an
// optimiser like Adam, which are of the size of the learning rate, become steps of rate * start.
#include <array>

#include "kernels/dot/dot.hpp"
#include "kernels/sample_scale/sample_scale.hpp"
#include "losses/divergence.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {
    ObjectiveOption{"start", "eta in the beginning, a variance on the [0, 1] scale", 0.01, 1e-12, 1e6, {}},
    ObjectiveOption{"rate",
                    "relative change of eta in a step, in learning rates of an optimiser like Adam",
                    10.0,
                    0,
                    1e6,
                    {}},
    kProbe, kTau};

class Unsure : public DivergenceObjective {
 public:
  explicit Unsure(const ObjectiveOptions& options)
      : DivergenceObjective(with_monte_carlo(options), {0, 0}),
        start_(number(options, "start")),
        rate_(number(options, "rate")) {}
  std::vector<UnbiasednessClaim> claims() const override {
    return {{false, "E|f(y) - x|^2", "the measurement y",
             "white Gaussian noise of unknown sigma: eta settles above sigma^2"}};
  }
  std::vector<ObjectiveParameter> parameters() const override { return {{"objective.eta", 0.0}}; }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    DivergenceObjective::plan(plan, measurement, dtype);
    divergence_ = plan.activation("objective.divergence", {1, 1, 1, measurement.n}, DType::kF64, 1, 0);
    seen_ = 0;
  }

 protected:
  void weigh(TensorView weighted, ConstTensorView /*y*/, ConstTensorView b, std::int64_t /*lanes*/,
             NetworkHandle& network, Stream& stream) override {
    scale_lanes(weighted, b, network.parameter(0), start_, start_ * rate_, stream);
    seen_ = 0;
  }
  void see(ConstTensorView prediction, double factor, Stream& stream) override {
    const std::span<double> divergence(divergence_->as<double>(),
                                       static_cast<std::size_t>(prediction.shape.n));
    sample_dot(divergence, seen_++ == 0 ? 0.0 : 1.0, factor, 0.0, probe(), prediction, stream);
  }
  void finish(std::span<double> sample_losses, const Measurement& /*measurement*/, std::int64_t /*lanes*/,
              NetworkHandle& network, Stream& stream) override {
    add_lane_means(network.parameter_gradient(0), {divergence_->as<double>(), sample_losses.size()},
                   -start_ * rate_, stream);
  }

 private:
  static ObjectiveOptions with_monte_carlo(ObjectiveOptions options) {
    options["divergence"] = std::string("monte_carlo");
    return options;
  }
  double start_, rate_;
  const TensorView* divergence_ = nullptr;  // N double: 2 div f / n
  int seen_ = 0;
};

SELFSAME_REGISTER_OBJECTIVE(
    unsure, {"unsure", "min over f, max over eta of |f(y) - y|^2 / n + 2 eta div f(y) / n", "UNSURELoss",
             kOptions, [](const ObjectiveOptions& options, const NoiseModel&) -> std::unique_ptr<Objective> {
               return std::make_unique<Unsure>(options);
             }});

}  // namespace
}  // namespace selfsame
