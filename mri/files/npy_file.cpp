// SPDX-License-Identifier: Apache-2.0
#include "mri/files/npy_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/npy_header.hpp"

namespace selfsame {
namespace {

static_assert(std::endian::native == std::endian::little, "byte order is handled for little-endian machines");

struct TypeEntry {
  NpyType type;
  const char* name;
  std::int64_t bytes, unit;  // unit: what a byte swap reverses
};
constexpr std::array<TypeEntry, 14> kTypes{{{NpyType::kB1, "b1", 1, 1},
                                            {NpyType::kU1, "u1", 1, 1},
                                            {NpyType::kU2, "u2", 2, 2},
                                            {NpyType::kU4, "u4", 4, 4},
                                            {NpyType::kU8, "u8", 8, 8},
                                            {NpyType::kI1, "i1", 1, 1},
                                            {NpyType::kI2, "i2", 2, 2},
                                            {NpyType::kI4, "i4", 4, 4},
                                            {NpyType::kI8, "i8", 8, 8},
                                            {NpyType::kF2, "f2", 2, 2},
                                            {NpyType::kF4, "f4", 4, 4},
                                            {NpyType::kF8, "f8", 8, 8},
                                            {NpyType::kC8, "c8", 8, 4},
                                            {NpyType::kC16, "c16", 16, 8}}};

const TypeEntry& entry_of(NpyType type) { return kTypes[static_cast<std::size_t>(type)]; }

// IEEE 754 binary16, exact in float.
float half_to_float(std::uint16_t h) {
  const float sign = (h & 0x8000u) != 0 ? -1.0f : 1.0f;
  const int exponent = (h >> 10) & 31, fraction = h & 1023;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                         : sign * std::numeric_limits<float>::infinity();
  }
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25));
}

template <typename T>
void convert(std::span<float> out, const std::byte* raw, PixelScale scale) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw + i * sizeof(T), sizeof(T));
    if constexpr (std::is_integral_v<T>) {
      if (scale == PixelScale::kUnit) {
        if constexpr (sizeof(T) <= 2) {
          out[i] = static_cast<float>(value) / static_cast<float>(std::numeric_limits<T>::max());
        } else {
          out[i] = static_cast<float>(static_cast<double>(value) /
                                      static_cast<double>(std::numeric_limits<T>::max()));
        }
        continue;
      }
    }
    out[i] = static_cast<float>(value);
  }
}

void convert_to_float(std::span<float> out, const std::byte* raw, NpyType type, PixelScale scale) {
  switch (type) {
    case NpyType::kB1:
      return convert<std::uint8_t>(out, raw, PixelScale::kRaw);
    case NpyType::kU1:
      return convert<std::uint8_t>(out, raw, scale);
    case NpyType::kU2:
      return convert<std::uint16_t>(out, raw, scale);
    case NpyType::kU4:
      return convert<std::uint32_t>(out, raw, scale);
    case NpyType::kU8:
      return convert<std::uint64_t>(out, raw, scale);
    case NpyType::kI1:
      return convert<std::int8_t>(out, raw, scale);
    case NpyType::kI2:
      return convert<std::int16_t>(out, raw, scale);
    case NpyType::kI4:
      return convert<std::int32_t>(out, raw, scale);
    case NpyType::kI8:
      return convert<std::int64_t>(out, raw, scale);
    case NpyType::kF4:
      return convert<float>(out, raw, scale);
    case NpyType::kF8:
      return convert<double>(out, raw, scale);
    case NpyType::kF2:
      for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint16_t h;
        std::memcpy(&h, raw + 2 * i, 2);
        out[i] = half_to_float(h);
      }
      return;
    case NpyType::kC8:
    case NpyType::kC16:
      break;
  }
  fail(ErrorKind::kInternal, "an array of {} is not real", name_of(type));
}

}  // namespace

std::int64_t size_of(NpyType type) { return entry_of(type).bytes; }
const char* name_of(NpyType type) { return entry_of(type).name; }

NpyFile::NpyFile(std::string path) : NpyFile(InputFile(std::move(path))) {}

NpyFile::NpyFile(InputFile file) : file_(std::move(file)), header_(read_npy_header(file_)) {}

void NpyFile::read_raw(std::span<std::byte> out, std::int64_t first, std::int64_t count) const {
  const std::int64_t bytes = size_of(header_.type);
  SELFSAME_CHECK(first >= 0 && count >= 0 && first <= header_.elements - count,
                 "elements [{}, {}) of {} in {}", first, first + count, header_.elements, path());
  SELFSAME_CHECK(out.size() == static_cast<std::size_t>(count * bytes), "{} bytes for {} elements of {}",
                 out.size(), count, name_of(header_.type));
  if (header_.fortran_order && header_.shape.size() > 1) {
    read_fortran(out.data(), first, count);
  } else {
    file_.read_at(out.data(), header_.data_offset + static_cast<std::uint64_t>(first * bytes), out.size());
  }
  const std::size_t unit = static_cast<std::size_t>(entry_of(header_.type).unit);
  if (header_.big_endian && unit > 1) {
    for (std::size_t i = 0; i < out.size(); i += unit) {
      std::reverse(out.begin() + static_cast<std::ptrdiff_t>(i),
                   out.begin() + static_cast<std::ptrdiff_t>(i + unit));
    }
  }
}

void NpyFile::read_fortran(std::byte* out, std::int64_t first, std::int64_t count) const {
  const std::int64_t bytes = size_of(header_.type), block = 65536;
  const std::size_t dims = header_.shape.size();
  std::vector<std::int64_t> index(dims, 0), stride(dims, 1);
  for (std::size_t d = dims - 1; d > 0; --d) {
    stride[d - 1] = stride[d] * header_.shape[d];
  }
  std::vector<std::byte> part(static_cast<std::size_t>(std::min(block, header_.elements) * bytes));
  std::int64_t place = 0;  // of the current element in C order
  for (std::int64_t start = 0; start < header_.elements; start += block) {
    const std::int64_t n = std::min(block, header_.elements - start);
    file_.read_at(part.data(), header_.data_offset + static_cast<std::uint64_t>(start * bytes),
                  static_cast<std::size_t>(n * bytes));
    for (std::int64_t i = 0; i < n; ++i) {
      if (place >= first && place < first + count) {
        std::memcpy(out + (place - first) * bytes, part.data() + i * bytes, static_cast<std::size_t>(bytes));
      }
      for (std::size_t d = 0; d < dims; ++d) {
        place += stride[d];
        if (++index[d] < header_.shape[d]) {
          break;
        }
        place -= stride[d] * header_.shape[d];
        index[d] = 0;
      }
    }
  }
}

void NpyFile::read_floats(std::span<float> out, std::int64_t first, std::int64_t count,
                          PixelScale scale) const {
  if (header_.type == NpyType::kC8 || header_.type == NpyType::kC16) {
    fail(ErrorKind::kData, "{}: expected a real array, got {}", path(), name_of(header_.type));
  }
  SELFSAME_CHECK(out.size() == static_cast<std::size_t>(count), "{} floats for {} elements", out.size(),
                 count);
  if (header_.type == NpyType::kF4) {
    read_raw(std::as_writable_bytes(out), first, count);
    return;
  }
  std::vector<std::byte> raw(static_cast<std::size_t>(count * size_of(header_.type)));
  read_raw(raw, first, count);
  convert_to_float(out, raw.data(), header_.type, scale);
}

NpyWriter::NpyWriter(std::string path, NpyType type, std::span<const std::int64_t> shape)
    : file_(std::move(path)) {
  std::int64_t elements = 1;
  for (const std::int64_t d : shape) {
    elements *= d;
  }
  missing_ = static_cast<std::uint64_t>(elements * size_of(type));
  const std::string header = npy_header_text(type, shape);
  file_.write(std::as_bytes(std::span(header)));
}

void NpyWriter::append(std::span<const std::byte> elements) {
  SELFSAME_CHECK(elements.size() <= missing_, "{}: {} bytes where {} are missing", file_.path().string(),
                 elements.size(), missing_);
  file_.write(elements);
  missing_ -= elements.size();
}

void NpyWriter::commit() {
  SELFSAME_CHECK(missing_ == 0, "{}: {} bytes are missing", file_.path().string(), missing_);
  file_.commit();
}

template <typename T>
void write_npy(const std::string& path, std::span<const T> values, std::span<const std::int64_t> shape) {
  constexpr NpyType type = std::is_same_v<T, std::uint8_t>    ? NpyType::kU1
                           : std::is_same_v<T, std::uint16_t> ? NpyType::kU2
                           : std::is_same_v<T, float>         ? NpyType::kF4
                                                              : NpyType::kC8;
  NpyWriter writer(path, type, shape);
  writer.append(std::as_bytes(values));
  writer.commit();
}
template void write_npy(const std::string&, std::span<const std::uint8_t>, std::span<const std::int64_t>);
template void write_npy(const std::string&, std::span<const std::uint16_t>, std::span<const std::int64_t>);
template void write_npy(const std::string&, std::span<const float>, std::span<const std::int64_t>);
template void write_npy(const std::string&, std::span<const std::complex<float>>,
                        std::span<const std::int64_t>);

}  // namespace selfsame
