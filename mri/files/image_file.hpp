// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "mri/files/image.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/npy_file.hpp"

namespace selfsame {

enum class ImageFormat { kUnknown, kPng, kJpeg, kNpy };
[[nodiscard]] const char* name_of(ImageFormat format);

/// The format by the file's first bytes; its name does not matter.
[[nodiscard]] ImageFormat detect_format(const InputFile& file);

/// Reads the header only. Errors: Error(kData) with the path, also for content of no known format.
[[nodiscard]] ImageInfo probe_image(const std::string& path);

/// Decodes image `index` of a file of any format; only a stack has more than image 0. `scale` matters to
/// integer arrays of npy files; PNG and JPEG always come as [0, 1]. Errors: Error(kData) with the path.
[[nodiscard]] Image read_image(const std::string& path, std::int64_t index, PixelScale scale);

}  // namespace selfsame
