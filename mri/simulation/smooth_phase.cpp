// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/smooth_phase.hpp"

#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"
#include "mri/simulation/draws.hpp"

namespace selfsame {
namespace {

constexpr int kHighest = 3;

struct Wave {
  int k, l;
  double size;
};

}  // namespace

std::vector<double> smooth_phase(std::int64_t h, std::int64_t w, double strength, std::uint64_t seed,
                                 std::uint32_t example) {
  SELFSAME_CHECK(h >= 1 && w >= 1, "image of {} x {}", h, w);
  if (!(strength >= 0 && strength <= 100)) {
    fail(ErrorKind::kUsage, "phase: expected a standard deviation of 0 to 100 radians, got {}", strength);
  }
  std::vector<double> phase(static_cast<std::size_t>(h * w), 0.0);
  if (strength == 0) {
    return phase;
  }
  Draws draws(seed, RandomPurpose::kPhase, example);
  const double offset = draws.between(0.0, 2 * std::numbers::pi);
  const double ramp_x = draws.normal(), ramp_y = draws.normal();
  std::vector<Wave> waves;
  for (int k = 0; k <= kHighest; ++k) {
    for (int l = 0; k + l <= kHighest; ++l) {
      if (k + l > 0) {
        waves.push_back({k, l, draws.normal() / (k * k + l * l)});
      }
    }
  }
  double mean = 0;
  const auto pixels = static_cast<double>(h * w);
  for (std::int64_t i = 0; i < h * w; ++i) {
    const double u = (static_cast<double>(i % w) + 0.5) / static_cast<double>(w);
    const double v = (static_cast<double>(i / w) + 0.5) / static_cast<double>(h);
    double g = ramp_x * u + ramp_y * v;
    for (const Wave& wave : waves) {
      g += wave.size * std::cos(std::numbers::pi * wave.k * u) * std::cos(std::numbers::pi * wave.l * v);
    }
    phase[static_cast<std::size_t>(i)] = g;
    mean += g / pixels;
  }
  double variance = 0;
  for (const double g : phase) {
    variance += (g - mean) * (g - mean) / pixels;
  }
  const double factor = variance > 0 ? strength / std::sqrt(variance) : 0.0;
  for (double& g : phase) {
    g = offset + factor * (g - mean);
  }
  return phase;
}

}  // namespace selfsame
