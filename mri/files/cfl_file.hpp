// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <complex>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "mri/files/atomic_file.hpp"

namespace selfsame {

/// The 16 dimensions of a BART array; dimension 0 is the fastest in the file. 0 read, 1 and 2 phase, 3 coil,
/// 4 maps, 5 TE, 6 and 7 coefficients, 8 iteration, 9 cshift, 10 and 11 time, 12 level, 13 slice, 14 average,
/// 15 batch.
inline constexpr std::size_t kBartDims = 16, kBartCoil = 3, kBartSlice = 13;
using BartDims = std::array<std::int64_t, kBartDims>;

/// Product without overflow, of 8-byte elements in at most 2^62 bytes.
/// Errors: Error(kData) without a path if there is none, or a dimension is below 1.
[[nodiscard]] std::int64_t bart_elements(const BartDims& dims);

/// The dimensions in the text of a .hdr file: the line after "# Dimensions", 1 to 16 numbers; missing ones
/// are 1. Other sections are skipped. Errors: Error(kData) without a path; also for the header of several
/// arrays ("# MultiDimensions").
[[nodiscard]] BartDims parse_cfl_header(std::string_view text);
/// The text that BART writes: all 16 dimensions.
[[nodiscard]] std::string cfl_header_text(const BartDims& dims);

/// How a BART array is k-space of ours. `h` and `w` are, in this order, the two dimensions among 0, 1 and 2
/// that are longer than 1: readout and phase encoding of a 2-D scan, (0, 1), or the two phase encodings of a
/// slice of a 3-D scan, (1, 2). Slices are dimension 13, or, if that is 1, the time (10), average (14) or
/// batch (15). Nothing else may be longer than 1.
struct BartKSpace {
  std::int64_t slices = 1, coils = 1, h = 1, w = 1;
  std::int64_t h_stride = 1, w_stride = 1, coil_stride = 1, slice_stride = 1;  ///< elements
};
/// Errors: Error(kData) without a path, naming the dimension.
[[nodiscard]] BartKSpace bart_kspace(const BartDims& dims);
/// The dimensions of (slices, coils, h, w) in BART's order: h, w, 1, coils, and slices in dimension 13.
[[nodiscard]] BartDims bart_dims(std::int64_t slices, std::int64_t coils, std::int64_t h, std::int64_t w);

/// One slice (coils, h, w) from the elements in the file's order, and back.
void from_bart(std::span<std::complex<float>> slice, std::span<const std::complex<float>> stored,
               const BartKSpace& layout);
void to_bart(std::span<std::complex<float>> stored, std::span<const std::complex<float>> slice,
             const BartKSpace& layout);

/// The base of a pair: the path without .cfl or .hdr at its end.
[[nodiscard]] std::filesystem::path cfl_base(const std::filesystem::path& path);

/// Writes NAME.cfl and NAME.hdr slice by slice. `path` is either of them or NAME. The header comes first at
/// commit, so that it never stands beside samples of another shape unless it is cut off between the two.
/// Errors: Error(kIo); Error(kInternal) when the slices are not the whole array.
class CflWriter {
 public:
  CflWriter(const std::filesystem::path& path, std::int64_t slices, std::int64_t coils, std::int64_t h,
            std::int64_t w);
  void append(std::span<const std::complex<float>> slice);  ///< (coils, h, w)
  void commit();

 private:
  BartKSpace layout_;
  std::int64_t missing_;
  AtomicFile header_, data_;
};

}  // namespace selfsame
