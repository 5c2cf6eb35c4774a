// SPDX-License-Identifier: Apache-2.0
// sure_poisson: the risk estimate for photon noise (Luisier, Blu, Unser, "Image denoising in mixed
// Poisson-Gaussian noise", IEEE Trans. Image Process. 2011; Monte-Carlo form of Le Montagner et al. 2014).
// With y = gain k, k ~ Poisson(x / gain), gain = 1 / peak, Hudson's identity is
//
//   E[x_i f_i(y)] = E[y_i f_i(y - gain e_i)],   e_i a unit vector,
//
// which makes |f(y)|^2 - 2 sum_i y_i f_i(y - gain e_i) + ... unbiased. To first order in one photon,
// f_i(y - gain e_i) ~ f_i(y) - gain df_i/dy_i:
//
//   L = |f(y) - y|^2 / n + 2 gain / n sum_i y_i df_i/dy_i - gain mean(y)
//
// exact for an f that is affine in each pixel taken alone; otherwise off by the second derivatives times
// gain^2. With divergence "exact" the identity itself is used: every pixel is lowered by one photon, one pass
// for each, and L is unbiased for every f (small images, CPU).
#include <array>

#include "losses/divergence.hpp"
#include "losses/known_noise.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {kDivergence, kProbe, kTau};

class SurePoisson : public DivergenceObjective {
 public:
  SurePoisson(const ObjectiveOptions& options, double gain) : DivergenceObjective(options, {gain, 0}) {}
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(y) - x|^2", "the measurement y",
             exact() ? "Poisson noise of known peak"
                     : "Poisson noise of known peak, so many photons that f is linear over one of them"}};
  }
};

SELFSAME_REGISTER_OBJECTIVE(
    sure_poisson,
    {"sure_poisson", "|f(y) - y|^2 / n + 2 sum_i y_i df_i/dy_i / (peak n) - mean(y) / peak",
     "SurePoissonLoss", kOptions,
     [](const ObjectiveOptions& options, const NoiseModel& noise) -> std::unique_ptr<Objective> {
       return std::make_unique<SurePoisson>(options, 1 / poisson_peak("sure_poisson", noise));
     }});

}  // namespace
}  // namespace selfsame
