// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mri/files/helper_main.hpp"

namespace selfsame {

// The two requests of h5_helper.hpp, inside the helper.

/// Turns the library's messages, plug-ins and file locks off. Call first.
void prepare_hdf5();

/// The message that answers `describe`. Throws HelperRefused.
[[nodiscard]] std::string describe_hdf5(const std::string& path, const std::vector<std::string>& what);

/// The floats that answer `read`. Throws HelperRefused.
[[nodiscard]] std::vector<float> read_hdf5(const std::string& path, const std::string& name,
                                           std::uint64_t first, std::uint64_t count, std::uint64_t values);

}  // namespace selfsame
