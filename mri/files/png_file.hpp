// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "mri/files/image.hpp"
#include "mri/files/input_file.hpp"

namespace selfsame {

/// Reads a PNG: gray or RGB of 1 to 16 bits, palette (expanded to RGB), interlaced or not. Alpha is dropped;
/// gamma and colour profiles are not applied. Samples of 1, 2 and 4 bits are expanded to 8.
///
/// Errors: Error(kData) with the path for anything that is not a whole, undamaged PNG: checksums are verified
/// to the
///         last chunk, and sizes are checked before memory is taken, against the limits of image.hpp and
///         against what the file can hold at all (deflate expands a byte to 1032 at most).
[[nodiscard]] Image read_png(const InputFile& file);
[[nodiscard]] ImageInfo probe_png(const InputFile& file);

/// Writes 8- or 16-bit gray or RGB: sample = round(clip(pixel, 0, 1) * (2^bits - 1)). NaN is written as 0.
/// Errors: Error(kInternal) unless 1 or 3 channels and 8 or 16 bits; Error(kIo) when writing fails.
void write_png(const std::string& path, const Image& image, int bits);
/// The file's bytes.
[[nodiscard]] std::string encode_png(const Image& image, int bits);

}  // namespace selfsame
