// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace selfsame {

// The request of mrd_helper.hpp, inside the helper.

struct MrdImages {
  std::uint64_t slices = 0, x = 0, y = 0;  ///< each 1 to 65535
  std::array<float, 3> fov_mm{};
  std::uint64_t h1_hz = 0;
};

/// Writes the file of floats `values` to the ISMRMRD file `out` and closes it. Throws HelperRefused.
void write_mrd_images(const std::string& values, const std::string& out, const MrdImages& images);

}  // namespace selfsame
