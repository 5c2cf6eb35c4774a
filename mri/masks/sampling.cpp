// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/sampling.hpp"

#include <algorithm>

namespace selfsame {

std::int64_t SamplingMask::count() const {
  return std::count_if(sampled.begin(), sampled.end(), [](std::uint8_t s) { return s != 0; });
}

}  // namespace selfsame
