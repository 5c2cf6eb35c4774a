// SPDX-License-Identifier: Apache-2.0
// sure_poisson_gaussian: the risk estimate for photon noise with Gaussian noise on it (Le Montagner,
// Angelini, Olivo-Marin, "An unbiased risk estimator for image denoising in the presence of mixed
// Poisson-Gaussian noise", IEEE Trans. Image Process. 2014). With y = gain k + sigma e, from Hudson's
// identity for k and Stein's lemma for e,
//
//   E[x_i f_i(y)] = E[ y_i f_i(y - gain e_i) - sigma^2 df_i/dy_i(y - gain e_i) ],   e_i a unit vector,
//
// and to first order in one photon (gain = 1 / peak)
//
//   L = |f(y) - y|^2 / n + 2/n sum_i (gain y_i + sigma^2) df_i/dy_i - gain mean(y) - sigma^2
//
// The second derivatives, times gain sigma^2 and gain^2, are left out. With divergence "exact" the identity
// is used as it is (losses/divergence.hpp), and L is unbiased for every f.
#include <array>

#include "losses/divergence.hpp"
#include "losses/known_noise.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {kNoiseSigma, kDivergence, kProbe, kTau};

class SurePoissonGaussian : public DivergenceObjective {
 public:
  SurePoissonGaussian(const ObjectiveOptions& options, double gain, double sigma)
      : DivergenceObjective(options, {gain, sigma * sigma}) {}
  std::vector<UnbiasednessClaim> claims() const override {
    return {{true, "E|f(y) - x|^2", "the measurement y",
             exact() ? "Poisson noise of known peak, then Gaussian noise of known sigma"
                     : "Poisson noise of known peak, so many photons that f is linear over one of them, then "
                       "Gaussian noise of known sigma"}};
  }
};

SELFSAME_REGISTER_OBJECTIVE(
    sure_poisson_gaussian,
    {"sure_poisson_gaussian",
     "|f(y) - y|^2 / n + 2 sum_i (y_i / peak + sigma^2) df_i/dy_i / n - mean(y) / peak - sigma^2",
     "SurePGLoss", kOptions,
     [](const ObjectiveOptions& options, const NoiseModel& noise) -> std::unique_ptr<Objective> {
       if (noise.type != NoiseType::kPoissonGaussian) {
         fail(ErrorKind::kUsage, "objective 'sure_poisson_gaussian' is made for that noise");
       }
       const double sigma = optional_number(options, "sigma").value_or(static_cast<double>(noise.sigma));
       return std::make_unique<SurePoissonGaussian>(options, 1 / poisson_peak("sure_poisson_gaussian", noise),
                                                    sigma);
     }});

}  // namespace
}  // namespace selfsame
