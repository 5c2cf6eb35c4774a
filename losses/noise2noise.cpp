// SPDX-License-Identifier: Apache-2.0
// noise2noise: |f(y) - y'|^2 / n with a second noisy measurement y' of the same image (Lehtinen et al., ICML
// 2018). With y' = x + e':  |f(y) - y'|^2 = |f(y) - x|^2 - 2 <f(y) - x, e'> + |e'|^2. The middle term has
// mean zero when E[e' | x, y] = 0 and the last does not depend on f, so the mean gradient is the supervised
// one. It has the variance 4 E[e'^T J J^T e'] / n^2 in addition, J the derivative of f by its parameters:
// quadratic in the level of e'.
#include "losses/registry.hpp"
#include "losses/target_objective.hpp"

namespace selfsame {
namespace {

constexpr ObjectiveOption kOptions[] = {
    {"sigma",
     "standard deviation of the target's Gaussian noise; absent: that of the input",
     {},
     0.0,
     1e6,
     {},
     true}};

class Noise2Noise : public TargetObjective {
 public:
  explicit Noise2Noise(std::optional<double> sigma) : sigma_(sigma) {}
  TargetKind target_kind() const override { return TargetKind::kSecondNoisy; }
  std::optional<double> target_sigma() const override { return sigma_; }
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(y) - x|^2", "the measurement y",
             "E[y' | x, y] = x: target noise of mean zero given the input"}};
  }

 private:
  std::optional<double> sigma_;
};

SELFSAME_REGISTER_OBJECTIVE(noise2noise,
                            {"noise2noise", "|f(y) - y'|^2 / n", "", kOptions,
                             [](const ObjectiveOptions& options,
                                const NoiseModel&) -> std::unique_ptr<Objective> {
                               return std::make_unique<Noise2Noise>(optional_number(options, "sigma"));
                             }});

}  // namespace
}  // namespace selfsame
