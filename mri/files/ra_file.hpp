// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <filesystem>
#include <span>

#include "mri/files/cfl_file.hpp"
#include "mri/files/input_file.hpp"

namespace selfsame {

/// RawArray (.ra): six u64 - magic, flags, element type, element bytes, data bytes, dimensions -, the
/// dimensions as u64, first the fastest, then the data; all little-endian. What BART reads and writes.
inline constexpr std::uint64_t kRaMagic = 0x7961727261776172;  // "rawarray"

struct RaHeader {
  BartDims dims{};
  std::uint64_t data_offset = 0;
  std::int64_t element_bytes = 8;  ///< 8: complex of two floats, 16: of two doubles
};

/// Errors: Error(kData) with the path unless it is a complex, little-endian array of 1 to 16 dimensions whose
/// sizes agree with each other and with the file's length.
[[nodiscard]] RaHeader read_ra_header(const InputFile& file);

/// Writes (slices, coils, h, w) as bart_dims(...) says, slice by slice. Errors: as CflWriter.
class RaWriter {
 public:
  RaWriter(const std::filesystem::path& path, std::int64_t slices, std::int64_t coils, std::int64_t h,
           std::int64_t w);
  void append(std::span<const std::complex<float>> slice);
  void commit();

 private:
  BartKSpace layout_;
  std::int64_t missing_;
  AtomicFile file_;
};

}  // namespace selfsame
