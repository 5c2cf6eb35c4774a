// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "mri/files/npy_file.hpp"

namespace selfsame {

inline constexpr char kNpyMagic[] = "\x93NUMPY";

/// Reads and checks the header of a .npy file, the file's size included. Errors: Error(kData) with the path.
[[nodiscard]] NpyHeader read_npy_header(const InputFile& file);

/// The header that numpy.save writes, padded with spaces so that the data begin at a multiple of 64.
[[nodiscard]] std::string npy_header_text(NpyType type, std::span<const std::int64_t> shape);

}  // namespace selfsame
