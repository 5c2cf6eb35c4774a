// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "kernels/noise/pixel_uniforms.hpp"

// Exact Gamma and Beta numbers for kernels/noise/noise.hpp, on the host and on GPUs. Private to this folder.

namespace selfsame::gamma {

/// Standard normals with 53 bits by the polar method (Marsaglia, Bray 1964), which needs a logarithm and a
/// root alone. The second of a pair is left unused: a draw seldom takes more than one.
SELFSAME_HOST_DEVICE inline double normal(PixelUniforms& uniforms) {
  while (true) {
    const double x = 2.0 * uniforms.next() - 1.0, y = 2.0 * uniforms.next() - 1.0, s = x * x + y * y;
    if (s > 0.0 && s < 1.0) {
      return x * std::sqrt(-2.0 * std::log(s) / s);
    }
  }
}

/// Gamma(shape, scale 1) for a shape of 1 and more: Marsaglia, Tsang, "A simple method for generating gamma
/// variables", ACM TOMS 26, 2000.
SELFSAME_HOST_DEVICE inline double draw_large(double shape, PixelUniforms& uniforms) {
  const double d = shape - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal(uniforms), root = 1.0 + c * x;
    if (root <= 0.0) {
      continue;
    }
    const double v = root * root * root, u = uniforms.next(), x2 = x * x;
    if (u < 1.0 - 0.0331 * x2 * x2 || std::log(u) < 0.5 * x2 + d * (1.0 - v + std::log(v))) {
      return d * v;
    }
  }
}

/// The logarithm of a Gamma(shape, scale 1) number, shape > 0. Below 1: Gamma(shape + 1) * U^(1/shape), which
/// no double may hold for a small shape.
SELFSAME_HOST_DEVICE inline double log_draw(double shape, PixelUniforms& uniforms) {
  if (shape >= 1.0) {
    return std::log(draw_large(shape, uniforms));
  }
  const double g = draw_large(shape + 1.0, uniforms);
  return std::log(g) + std::log(uniforms.next()) / shape;
}

/// Gamma(shape, scale 1), shape > 0; 0 where no double is that small.
SELFSAME_HOST_DEVICE inline double draw(double shape, PixelUniforms& uniforms) {
  return shape >= 1.0 ? draw_large(shape, uniforms) : std::exp(log_draw(shape, uniforms));
}

/// 1 - w of w = g / (g + h) ~ Beta(a, b), g ~ Gamma(a), h ~ Gamma(b): by the ratio of the two, whose
/// logarithm is finite where both are too small for a double.
SELFSAME_HOST_DEVICE inline double draw_one_minus_beta(double a, double b, PixelUniforms& uniforms) {
  const double log_g = log_draw(a, uniforms), log_h = log_draw(b, uniforms);
  return 1.0 / (1.0 + std::exp(log_g - log_h));
}

}  // namespace selfsame::gamma
