// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "engine/verify/calibration.hpp"
#include "engine/verify/synthetic_gradients.hpp"

namespace selfsame {

/// Synthetic gradients with a small sketch of them.
struct SyntheticDraws {
  explicit SyntheticDraws(const SyntheticGradients::Options& options)
      : gradients(options), sketch(gradients.tensors(), {128, 8, 0}) {}

  [[nodiscard]] DrawGenerator generator() {
    return [this](std::uint64_t repeat, std::int64_t draw, float* self_supervised, float* supervised) {
      gradients.draw(repeat, draw, self_supervised, supervised);
    };
  }
  [[nodiscard]] DrawStatistics statistics(std::uint64_t repeat, std::int64_t draws) {
    DrawStatistics statistics(sketch);
    std::vector<float> ss(static_cast<std::size_t>(sketch.extent())), sup(ss);
    for (std::int64_t m = 0; m < 16 + draws; ++m) {
      gradients.draw(repeat, m, ss.data(), sup.data());
      m < 16 ? statistics.add_pilot(sup.data()) : statistics.add(ss.data(), sup.data());
    }
    return statistics;
  }

  SyntheticGradients gradients;
  GradientSketch sketch;
};

}  // namespace selfsame
