// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mri/files/scan_info.hpp"

namespace selfsame {

/// Images of one scan, (slices, h, w): magnitudes, or real values as they are stored.
struct Volume {
  std::int64_t slices = 0, h = 0, w = 0;
  bool was_complex = false;  ///< the file holds complex numbers, whose magnitudes these are
  std::vector<float> values;
  ScanInfo scan;  ///< what is known of where they come from
};

/// Reads a reconstruction: the first of `reconstruction`, `reconstruction_rss` and `reconstruction_esc` in an
/// .h5 file, (S, h, w); or an .npy file (S, h, w) or (h, w), real (integers and doubles become float) or
/// complex (magnitudes, computed in double).
/// Errors: Error(kData) naming the file: unreadable, another number of dimensions, empty; none of these data
///         sets; HDF5 in a build without libhdf5.
[[nodiscard]] Volume read_volume(const std::filesystem::path& path);

/// File names (.npy, .h5) directly in a folder, sorted by their bytes; names that begin with a dot are left
/// out. Errors: Error(kData) if the folder cannot be read or has none.
[[nodiscard]] std::vector<std::string> volume_names(const std::filesystem::path& folder);

}  // namespace selfsame
