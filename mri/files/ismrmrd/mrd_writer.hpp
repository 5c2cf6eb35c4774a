// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

#include "mri/files/scan_info.hpp"

namespace selfsame {

/// Writes magnitude images (slices, h, w) as an ISMRMRD file: in the group `dataset` the header `xml` and the
/// images `image_0`, one per slice in its order, with `header`, `data` (slices, 1, 1, w, h) and `attributes`.
/// ISMRMRD's x is the readout and the fastest in the file, so that every slice is transposed: x is our h, y
/// our w.
///
/// Of a header are filled in: version, data_type (float), image_type (magnitude), matrix_size, channels,
/// slice from 0, image_index from 1, image_series_index 0, and field_of_view in mm as far as `scan` tells.
/// What nobody told is 0, the position and the directions among it. The XML header has one Cartesian encoding
/// whose spaces are both that of the images, and, because the schema demands it, H1resonanceFrequency_Hz,
/// which is 0 if it is not known: no field strength is made up.
///
/// libismrmrd does the writing, in a process of its own (mri/files/ismrmrd/mrd_helper.hpp). The path has its
/// old content or all of the new one; the floats wait in a temporary file beside it meanwhile.
///
/// @param helper  the program to ask; empty: the `selfsame-mrd` of this build
/// Errors: as require_mrd_helper; Error(kInternal) unless the values fit and all sizes are 1 to 65535, the
///         most that a header can hold; Error(kIo) naming the path when writing fails, or the helper does.
/// Source: ISMRMRD 1.8, ismrmrd.h and ismrmrd.xsd; names as ismrmrd_stream_to_hdf5 gives them.
void write_mrd(const std::filesystem::path& path, std::span<const float> values, std::int64_t slices,
               std::int64_t h, std::int64_t w, const ScanInfo& scan = {},
               const std::filesystem::path& helper = {});

/// The helper program: `selfsame-mrd` in the folder of the running program or the one above it. Empty if
/// there is none, because the build found no libismrmrd.
[[nodiscard]] const std::filesystem::path& mrd_helper_program();

/// Errors: Error(kUsage) that names the path and the missing package if there is no helper program.
void require_mrd_helper(const std::filesystem::path& path);

}  // namespace selfsame
