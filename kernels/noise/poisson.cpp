// SPDX-License-Identifier: Apache-2.0
// One Poisson number of kernels/noise/noise.hpp on the host.
#include <cmath>

#include "kernels/noise/noise.hpp"
#include "kernels/noise/poisson_draw.hpp"

namespace selfsame {

double poisson_draw(double mean, const RandomStream& random, std::uint64_t pixel) {
  if (std::isnan(mean)) {
    return mean;
  }
  SELFSAME_CHECK(mean < poisson::kCountable, "Poisson mean {}", mean);
  return mean <= 0.0 ? 0.0 : poisson::draw(mean, random, pixel);
}

}  // namespace selfsame
