// SPDX-License-Identifier: Apache-2.0
// The definition of correct for the normals of kernels/noise/noise.hpp: Philox and Box-Muller as in
// kernels/device/philox.hpp, one group at a time.
#include "kernels/device/philox.hpp"
#include "kernels/noise/noise_versions.hpp"

namespace selfsame::noise_reference {

void normals(float* out, std::uint64_t first_group, std::int64_t groups, const PhiloxStreamKey& key) {
  for (std::int64_t k = 0; k < groups; ++k) {
    const std::uint64_t group = first_group + static_cast<std::uint64_t>(k);
    const Philox::Counter words = Philox::generate(
        {static_cast<std::uint32_t>(group), static_cast<std::uint32_t>(group >> 32), key.a, key.b},
        {key.key0, key.key1});
    const NormalPair first = normals_from(words[0], words[1]), second = normals_from(words[2], words[3]);
    out[4 * k] = first.first;
    out[4 * k + 1] = first.second;
    out[4 * k + 2] = second.first;
    out[4 * k + 3] = second.second;
  }
}

}  // namespace selfsame::noise_reference
