// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/safetensors.hpp"

namespace selfsame {

inline constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;
inline constexpr std::size_t kMaxTensors = 65536;
inline constexpr std::size_t kMaxDims = 8;
inline constexpr std::size_t kMaxNameBytes = 512;

/// One tensor's entry in the header; the offsets count from the start of the data section.
struct HeaderEntry {
  std::string name;
  FileDType dtype = FileDType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;  ///< by offset
  Metadata metadata;
};

/// Parses and checks a header for a data section of `data_bytes` bytes.
/// Errors: throws Error(kData) without a path; the message says what is wrong and with which tensor.
[[nodiscard]] SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t data_bytes);

/// The header of these entries, padded with spaces so that 8 + its length is a multiple of 64.
[[nodiscard]] std::string format_safetensors_header(const SafetensorsHeader& header);

/// product(shape) * element size; false if it does not fit 63 bits or a dimension is negative.
[[nodiscard]] bool byte_count(const std::vector<std::int64_t>& shape, FileDType dtype, std::uint64_t& bytes);

/// "64, 3, 3, 3"
[[nodiscard]] std::string shape_text(const std::vector<std::int64_t>& shape, std::string_view separator);

/// The type of that name; false if there is none.
[[nodiscard]] bool parse_dtype(std::string_view name, FileDType& dtype);

}  // namespace selfsame
