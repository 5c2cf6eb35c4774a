// SPDX-License-Identifier: Apache-2.0
// One Gamma or Beta number of kernels/noise/noise.hpp on the host.
#include <cmath>

#include "kernels/noise/gamma_draw.hpp"
#include "kernels/noise/noise.hpp"

namespace selfsame {

double gamma_draw(double shape, const RandomStream& random, std::uint64_t pixel) {
  SELFSAME_CHECK(shape > 0.0 && std::isfinite(shape), "Gamma shape {}", shape);
  PixelUniforms uniforms(random, pixel);
  return gamma::draw(shape, uniforms);
}

double one_minus_beta_draw(double a, double b, const RandomStream& random, std::uint64_t pixel) {
  SELFSAME_CHECK(a > 0.0 && b > 0.0 && std::isfinite(a) && std::isfinite(b), "Beta shapes {}, {}", a, b);
  PixelUniforms uniforms(random, pixel);
  return gamma::draw_one_minus_beta(a, b, uniforms);
}

}  // namespace selfsame
