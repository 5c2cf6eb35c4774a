// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "kernels/device/bf16.hpp"
#include "kernels/lane_guard/lane_guard.hpp"
#include "kernels/reduction/reduction.hpp"

// The rule of lane_guard.hpp for one lane, for host and device.

namespace selfsame {

struct LaneGuardArgs {
  LaneVerdict* verdicts;
  OptimizerFactors* factors;
  const double* sample_losses;
  const double* squares;
  std::int64_t samples_per_lane, lanes;
  double clip_norm;
};

SELFSAME_HOST_DEVICE inline void judge_lane(const LaneGuardArgs& a, std::int64_t lane) {
  double sum = 0;
  for (std::int64_t b = 0; b < a.samples_per_lane; ++b) {
    sum += a.sample_losses[lane * a.samples_per_lane + b];
  }
  const double loss = sum / static_cast<double>(a.samples_per_lane);
  const double norm = sqrt(a.squares[lane]);
  // x - x is zero for finite numbers only.
  const bool finite = loss - loss == 0.0 && norm - norm == 0.0;
  a.verdicts[lane] = {loss, norm, finite ? 1.0 : 0.0};
  OptimizerFactors& f = a.factors[lane];
  f.gradient_scale = a.clip_norm > 0 ? clip_factor(a.squares[lane], a.clip_norm) : 1.0;
  if (!finite) {
    f.active = 0.0;
  }
}

}  // namespace selfsame
