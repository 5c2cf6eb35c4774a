// SPDX-License-Identifier: Apache-2.0
// sure: Stein's unbiased risk estimate, |f(y) - y|^2 / n + 2 sigma^2 div f(y) / n - sigma^2 (Stein, Ann.
// Statist. 1981). With y = x + e, e ~ N(0, sigma^2 I):
//
//   |f(y) - y|^2 = |f(y) - x|^2 - 2 <f(y) - x, e> + |e|^2,   E<f(y), e> = sigma^2 E div f(y)  (Stein's lemma)
//
// so E L = E|f(y) - x|^2 / n for every f that is weakly differentiable in y, and the mean gradients are equal
// too. The divergence and its gradient: losses/divergence.hpp. A sigma that is wrong by a factor c leaves the
// term 2 (c^2 - 1) sigma^2 E grad div f / n.
#include <array>

#include "losses/divergence.hpp"
#include "losses/known_noise.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {kNoiseSigma, kDivergence, kProbe, kTau};

class Sure : public DivergenceObjective {
 public:
  Sure(const ObjectiveOptions& options, double sigma) : DivergenceObjective(options, {0, sigma * sigma}) {}
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(y) - x|^2", "the measurement y",
             "white Gaussian noise of known sigma, f weakly differentiable; up to O(tau) of the difference "
             "quotient"}};
  }
};

SELFSAME_REGISTER_OBJECTIVE(
    sure, {"sure", "|f(y) - y|^2 / n + 2 sigma^2 div f(y) / n - sigma^2", "SureGaussianLoss", kOptions,
           [](const ObjectiveOptions& options, const NoiseModel& noise) -> std::unique_ptr<Objective> {
             return std::make_unique<Sure>(options, gaussian_sigma("sure", options, noise));
           }});

}  // namespace
}  // namespace selfsame
