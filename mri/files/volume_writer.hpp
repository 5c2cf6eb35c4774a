// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "mri/files/volume_file.hpp"

namespace selfsame {

/// "*.h5 (fastMRI's `reconstruction`), *.npy, ... or *.png (...)": what write_volume knows, for messages and
/// help.
[[nodiscard]] const std::string& volume_endings();

/// Whether the name ends in one of them.
[[nodiscard]] bool has_volume_ending(const std::filesystem::path& path);

/// Call before the work whose result shall be written.
/// Errors: Error(kUsage) that names the path, if the format of its ending needs a library that the build did
///         not find; Error(kInternal) for another ending.
void require_volume_format(const std::filesystem::path& path);

/// Writes images (slices, h, w) in the format that the ending names; the path has its old content or all of
/// the new one.
///
///   .h5   `reconstruction`, as fastMRI's evaluation expects it       .npy  float32 (slices, h, w)
///   .nii  NIfTI-1, voxels of 1 mm                                    .mrd  ISMRMRD, as write_mrd says
///   .png  the middle slice, slices / 2, black at 0 and white at its largest value
///
/// Errors: as require_volume_format; Error(kInternal) for sizes that the format cannot hold; Error(kIo).
void write_volume(const std::filesystem::path& path, const Volume& volume);

}  // namespace selfsame
