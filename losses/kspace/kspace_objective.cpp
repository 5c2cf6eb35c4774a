// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/kspace_objective.hpp"

#include <algorithm>

namespace selfsame {

void KSpaceObjective::correct(std::span<float> /*kspace*/, const SamplingLaw& /*law*/,
                              std::span<const float> /*measured*/, const SamplingMask& /*sampled*/,
                              std::int64_t /*coils*/, std::int64_t /*h*/, std::int64_t /*w*/) const {}

void KSpaceObjective::risk(std::span<float> weight, std::span<float> keep, std::span<float> mix,
                           std::span<const float> /*input*/, const SamplingLaw& /*law*/) const {
  std::fill(weight.begin(), weight.end(), 1.0f);
  std::fill(keep.begin(), keep.end(), 1.0f);
  std::fill(mix.begin(), mix.end(), 0.0f);
}

}  // namespace selfsame
