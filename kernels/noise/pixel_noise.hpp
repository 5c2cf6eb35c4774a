// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/noise/binomial_draw.hpp"
#include "kernels/noise/gamma_draw.hpp"
#include "kernels/noise/noise.hpp"

// Kinds of noise that treat every pixel by itself, on the host and on GPUs. Private to this folder.

namespace selfsame::pixel_noise {

/// Signs: bit place mod 32 of word(place / 32), 1 for -1, so that a Philox call serves 128 pixels.
SELFSAME_HOST_DEVICE inline std::uint64_t group_of_signs(std::uint64_t place) { return place / 128; }
SELFSAME_HOST_DEVICE inline std::uint32_t word_of_signs(const Philox::Counter& words, std::uint64_t place) {
  return words[place / 32 % 4];
}

template <typename Real>
SELFSAME_HOST_DEVICE inline Real speckle(Real x, const NoiseModel& model, const RandomStream& random,
                                         std::uint64_t place) {
  PixelUniforms uniforms(random, place);
  const auto looks = static_cast<double>(model.looks);
  return static_cast<Real>(static_cast<double>(x) * (gamma::draw(looks, uniforms) / looks));
}

/// The trials that a measurement stands for.
SELFSAME_HOST_DEVICE inline double trials_of(double y, const NoiseModel& model) {
  return y > 0.0 ? std::floor(static_cast<double>(model.peak) * y + 0.5) : 0.0;
}

/// NaN where a double cannot hold every count.
template <typename Real>
SELFSAME_HOST_DEVICE inline Real binomially_thinned(Real measured, const NoiseModel& model,
                                                    const RandomStream& random, std::uint64_t place) {
  const auto y = static_cast<double>(measured), fraction = static_cast<double>(model.fraction);
  const double trials = trials_of(y, model);
  if (!(trials < poisson::kCountable)) {
    return std::numeric_limits<Real>::quiet_NaN();
  }
  PixelUniforms uniforms(random, place);
  const double taken = trials > 0.0 ? binomial::draw(trials, fraction, uniforms) : 0.0;
  return static_cast<Real>((y - taken / static_cast<double>(model.peak)) / (1.0 - fraction));
}

template <typename Real>
SELFSAME_HOST_DEVICE inline Real beta_thinned(Real measured, const NoiseModel& model,
                                              const RandomStream& random, std::uint64_t place) {
  const auto looks = static_cast<double>(model.looks), fraction = static_cast<double>(model.fraction);
  PixelUniforms uniforms(random, place);
  const double left = gamma::draw_one_minus_beta(looks * fraction, looks * (1.0 - fraction), uniforms);
  return static_cast<Real>(static_cast<double>(measured) * left / (1.0 - fraction));
}

}  // namespace selfsame::pixel_noise
