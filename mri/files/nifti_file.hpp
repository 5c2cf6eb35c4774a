// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>

namespace selfsame {

/// Writes a NIfTI-1 volume in one file (.nii, float32, little-endian) from (slices, h, w): its axes i, j, k
/// are w, h and slices, so that the bytes stay in their order. `spacing` are the millimetres between samples
/// along (w, h, slices); they also make the scanner-neutral affine diag(spacing) (sform code 1, qform code
/// 0). The display window (cal_min, cal_max) is left to the viewer.
///
/// Errors: Error(kInternal) for sizes that do not fit the values or are above 32767, a limit of the format;
///         Error(kIo) when writing fails.
/// Source: nifti1.h, NIfTI Data Format Working Group, 2005.
void write_nifti(const std::filesystem::path& path, std::span<const float> values, std::int64_t slices,
                 std::int64_t h, std::int64_t w, std::array<float, 3> spacing = {1, 1, 1});

}  // namespace selfsame
