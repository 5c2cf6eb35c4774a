// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/files/image.hpp"
#include "mri/files/input_file.hpp"

namespace selfsame {

/// Reads a JPEG of 8 bit, gray or colour (RGB out), sequential or progressive with Huffman coding. The
/// orientation tag is not applied.
///
/// Errors: Error(kData) with the path for CMYK and arithmetic coding; for everything the decoder would only
/// warn of,
///         such as missing or spoiled data; for sizes above the limits of image.hpp or beyond what the file
///         can hold (every 8x8 block takes at least one bit); for more than 128 scans.
[[nodiscard]] Image read_jpeg(const InputFile& file);
[[nodiscard]] ImageInfo probe_jpeg(const InputFile& file);

}  // namespace selfsame
