// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "mri/files/input_file.hpp"
#include "mri/files/kspace_file.hpp"

namespace selfsame {

// One function per format of open_kspace (mri/files/kspace_file.hpp), and what they share.

/// fastMRI .h5: `kspace` (slices, coils, h, w) or (slices, h, w), complex; optional `reconstruction_rss`,
/// `reconstruction_esc` or `reconstruction` (slices, h, w) (of single-coil files the second is taken first),
/// `mask` (w or h * w numbers, not 0 = sampled), `ismrmrd_header`, and attributes. Without a reference the
/// recon size is that of the header's reconSpace (x by y), without a header that of k-space. A width below
/// the recon width makes the recon size width x width, as in fastMRI's own transforms.
/// @param helper  as of H5File
[[nodiscard]] std::unique_ptr<KSpaceFile> open_h5_kspace(const std::filesystem::path& path,
                                                         const std::filesystem::path& helper = {});
/// BART's pair: `path` names either file, or both without their ending (mri/files/cfl_file.hpp).
[[nodiscard]] std::unique_ptr<KSpaceFile> open_cfl_kspace(const std::filesystem::path& path);
/// RawArray, with the dimensions of BART (mri/files/ra_file.hpp).
[[nodiscard]] std::unique_ptr<KSpaceFile> open_ra_kspace(const std::filesystem::path& path);
/// Complex NumPy array (coils, h, w) or (slices, coils, h, w), C order or Fortran order.
[[nodiscard]] std::unique_ptr<KSpaceFile> open_npy_kspace(const std::filesystem::path& path);

/// By its signature, at the begin or after a user block (at 512, 1024, 2048, ... bytes).
[[nodiscard]] bool is_hdf5(const InputFile& file);

/// Sizes that every format must have: positive, sides at most 65535, and a slice of at most 2^31 samples.
/// Errors: Error(kData) with the path.
void check_kspace_sizes(const std::filesystem::path& path, std::int64_t slices, std::int64_t coils,
                        std::int64_t h, std::int64_t w);

/// Errors: Error(kData) with the path unless 0 <= index < slices.
void check_slice_index(const KSpaceFile& file, std::int64_t index);

}  // namespace selfsame
