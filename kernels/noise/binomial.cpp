// SPDX-License-Identifier: Apache-2.0
// One binomial number of kernels/noise/noise.hpp on the host.
#include <cmath>

#include "kernels/noise/binomial_draw.hpp"
#include "kernels/noise/noise.hpp"

namespace selfsame {

double binomial_draw(double trials, double probability, const RandomStream& random, std::uint64_t pixel) {
  if (std::isnan(trials)) {
    return trials;
  }
  SELFSAME_CHECK(trials < poisson::kCountable && trials == std::floor(trials), "binomial trials {}", trials);
  SELFSAME_CHECK(probability >= 0.0 && probability <= 1.0, "binomial probability {}", probability);
  PixelUniforms uniforms(random, pixel);
  return trials <= 0.0 ? 0.0 : binomial::draw(trials, probability, uniforms);
}

}  // namespace selfsame
