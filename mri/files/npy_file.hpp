// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mri/files/atomic_file.hpp"
#include "mri/files/image.hpp"
#include "mri/files/input_file.hpp"

namespace selfsame {

/// Element types of NumPy files; the names are NumPy's, e.g. "c8" is a complex number of two 4-byte floats.
enum class NpyType { kB1, kU1, kU2, kU4, kU8, kI1, kI2, kI4, kI8, kF2, kF4, kF8, kC8, kC16 };
[[nodiscard]] std::int64_t size_of(NpyType type);  ///< bytes
[[nodiscard]] const char* name_of(NpyType type);   ///< "u1", "f4", ...

struct NpyHeader {
  NpyType type = NpyType::kF4;
  bool big_endian = false;
  bool fortran_order = false;  ///< first index fastest in the file
  std::vector<std::int64_t> shape;
  std::int64_t elements = 1;  ///< product of the shape
  std::uint64_t data_offset = 0;
};

enum class PixelScale {
  kUnit,  ///< integers divided by their type's largest value
  kRaw,   ///< the values as they are stored
};

/// A NumPy array file (.npy, versions 1.0 and 2.0), read in parts; only the header is held in memory.
/// Thread-safe.
///
/// The header is checked strictly: the three keys once each and nothing else, a supported type, at most 32
/// dimensions, products without overflow, and a file of exactly the size that the header asks for. Errors:
/// Error(kData) with the path. Source: NumPy's format description, numpy/lib/format.py.
class NpyFile {
 public:
  explicit NpyFile(std::string path);
  explicit NpyFile(InputFile file);

  [[nodiscard]] const std::string& path() const { return file_.path(); }
  [[nodiscard]] const NpyHeader& header() const { return header_; }

  /// Elements [first, first + count) in C order, in the machine's byte order; count * size_of(type) bytes.
  /// Cost: of a Fortran-order array the whole file is read, in blocks.
  void read_raw(std::span<std::byte> out, std::int64_t first, std::int64_t count) const;

  /// The same as floats. Errors: Error(kData) if the array is complex.
  void read_floats(std::span<float> out, std::int64_t first, std::int64_t count, PixelScale scale) const;

 private:
  void read_fortran(std::byte* out, std::int64_t first, std::int64_t count) const;

  InputFile file_;
  NpyHeader header_;
};

/// How an array is taken as images.
struct NpyImages {
  std::int64_t images = 0, channels = 0, height = 0, width = 0;
  bool channels_last = false;
};

/// (H, W) and (H, W, 3) are one image, (N, H, W) is a stack of gray images, (N, H, W, C) with C = 1, 3 or 4
/// and (N, C, H, W) with C <= 16 are stacks. A four-dimensional shape that fits both readings is taken as
/// that with 1 or 3 channels, else as that with 4, and is refused if both have 1 or 3, or both have 4. Note
/// that (3, H, W) is a stack of three gray images; one colour image is (1, 3, H, W) or (H, W, 3), and one
/// image of four channels (1, 4, H, W) or (1, H, W, 4). Errors: Error(kData) with the path for other shapes,
/// empty images, images above the limits and complex arrays.
[[nodiscard]] NpyImages npy_images(const NpyFile& file);

[[nodiscard]] ImageInfo probe_npy(const NpyFile& file);

/// Image `index` of the file. With kRaw, and for floating-point and signed arrays, `integer` of the result is
/// false.
[[nodiscard]] Image read_npy_image(const NpyFile& file, std::int64_t index, PixelScale scale);

/// Writes an array in parts: C order, little-endian, version 1.0, byte for byte what numpy.save writes.
/// Errors: Error(kIo) when writing fails; Error(kInternal) when the parts are not the whole array.
class NpyWriter {
 public:
  NpyWriter(std::string path, NpyType type, std::span<const std::int64_t> shape);
  void append(std::span<const std::byte> elements);  ///< in the machine's byte order
  void commit();

 private:
  AtomicFile file_;
  std::uint64_t missing_;
};

/// Writes a whole array. T is std::uint8_t, std::uint16_t, float or std::complex<float>.
template <typename T>
void write_npy(const std::string& path, std::span<const T> values, std::span<const std::int64_t> shape);

}  // namespace selfsame
