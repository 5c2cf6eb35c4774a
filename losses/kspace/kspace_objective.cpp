// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/kspace_objective.hpp"

namespace selfsame {

void KSpaceObjective::correct(std::span<float> /*kspace*/, const SamplingLaw& /*law*/,
                              std::span<const float> /*measured*/, const SamplingMask& /*sampled*/,
                              std::int64_t /*coils*/, std::int64_t /*h*/, std::int64_t /*w*/) const {}

}  // namespace selfsame
