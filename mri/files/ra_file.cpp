// SPDX-License-Identifier: Apache-2.0
#include "mri/files/ra_file.hpp"

#include <array>
#include <utility>
#include <vector>

#include "kernels/base/error.hpp"
#include "mri/files/kspace_parts.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kBigEndian = 1, kComplexType = 4;

class RaKSpace final : public KSpaceFile {
 public:
  explicit RaKSpace(const fs::path& path) : path_(path), stored_(read_ra_header(InputFile(path_.string()))) {
    try {
      layout_ = bart_kspace(stored_.dims);
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("{}: {}", path_.string(), e.what()));
    }
    header_.slices = layout_.slices;
    header_.coils = layout_.coils;
    header_.h = layout_.h;
    header_.w = layout_.w;
    header_.padding_right = header_.w;
    check_kspace_sizes(path_, header_.slices, header_.coils, header_.h, header_.w);
  }

  [[nodiscard]] const fs::path& path() const override { return path_; }
  [[nodiscard]] const KSpaceHeader& header() const override { return header_; }

  [[nodiscard]] std::vector<std::complex<float>> slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    const InputFile file(path_.string());
    const RaHeader now = read_ra_header(file);
    if (now.dims != stored_.dims || now.element_bytes != stored_.element_bytes) {
      fail(ErrorKind::kData, "{}: slice {}: the file was changed while it was in use", path_.string(), index);
    }
    const auto count = static_cast<std::size_t>(layout_.coils * layout_.h * layout_.w);
    const std::uint64_t at = stored_.data_offset +
                             static_cast<std::uint64_t>(index * layout_.slice_stride * stored_.element_bytes);
    std::vector<std::complex<float>> values(count), out(count);
    if (stored_.element_bytes == 16) {
      std::vector<std::complex<double>> wide(count);
      file.read_at(wide.data(), at, count * 16);
      for (std::size_t i = 0; i < count; ++i) {
        values[i] = std::complex<float>(wide[i]);
      }
    } else {
      file.read_at(values.data(), at, count * 8);
    }
    from_bart(out, values, layout_);
    return out;
  }

  [[nodiscard]] std::vector<float> reference_slice(std::int64_t index) const override {
    fail(ErrorKind::kData, "{}: slice {}: a .ra file has no reference image", path_.string(), index);
  }

 private:
  fs::path path_;
  RaHeader stored_;
  BartKSpace layout_;
  KSpaceHeader header_;
};

}  // namespace

RaHeader read_ra_header(const InputFile& file) {
  std::array<std::uint64_t, 6> words{};
  file.read_at(words.data(), 0, sizeof words);
  const auto [magic, flags, type, element_bytes, data_bytes, dimensions] = words;
  if (magic != kRaMagic) {
    fail(ErrorKind::kData, "{}: is not a .ra file", file.path());
  }
  if (flags & kBigEndian) {
    fail(ErrorKind::kData, "{}: big-endian .ra files are not supported", file.path());
  }
  if (type != kComplexType || (element_bytes != 8 && element_bytes != 16)) {
    fail(ErrorKind::kData, "{}: elements of type {} and {} bytes; k-space is complex: type 4, 8 or 16 bytes",
         file.path(), type, element_bytes);
  }
  if (dimensions < 1 || dimensions > kBartDims) {
    fail(ErrorKind::kData, "{}: {} dimensions, expected 1 to {}", file.path(), dimensions, kBartDims);
  }
  RaHeader header;
  header.dims.fill(1);
  header.element_bytes = static_cast<std::int64_t>(element_bytes);
  header.data_offset = sizeof words + dimensions * sizeof(std::uint64_t);
  file.read_at(header.dims.data(), sizeof words, dimensions * sizeof(std::uint64_t));
  std::int64_t elements = 0;
  try {
    elements = bart_elements(header.dims);
  } catch (const Error& e) {
    throw Error(e.kind(), fmt::format("{}: {}", file.path(), e.what()));
  }
  // At most 2^59 elements of 16 bytes: no overflow.
  const std::uint64_t bytes = static_cast<std::uint64_t>(elements) * element_bytes;
  if (bytes != data_bytes || file.size() < header.data_offset || file.size() - header.data_offset != bytes) {
    fail(ErrorKind::kData, "{}: dimensions for {} bytes, a header that says {}, and {} bytes in the file",
         file.path(), bytes, data_bytes, file.size());
  }
  return header;
}

RaWriter::RaWriter(const fs::path& path, std::int64_t slices, std::int64_t coils, std::int64_t h,
                   std::int64_t w)
    : layout_(bart_kspace(bart_dims(slices, coils, h, w))), missing_(slices), file_(path) {
  const BartDims dims = bart_dims(slices, coils, h, w);
  const std::array<std::uint64_t, 6> words{
      kRaMagic, 0, kComplexType, 8, static_cast<std::uint64_t>(bart_elements(dims)) * 8, kBartDims};
  file_.write(std::as_bytes(std::span(words)));
  file_.write(std::as_bytes(std::span(dims)));
}

void RaWriter::append(std::span<const std::complex<float>> slice) {
  SELFSAME_CHECK(
      missing_ > 0 && slice.size() == static_cast<std::size_t>(layout_.coils * layout_.h * layout_.w),
      "{}: {} samples, {} slices are missing", file_.path().string(), slice.size(), missing_);
  std::vector<std::complex<float>> stored(slice.size());
  to_bart(stored, slice, layout_);
  file_.write(std::as_bytes(std::span(stored)));
  --missing_;
}

void RaWriter::commit() {
  SELFSAME_CHECK(missing_ == 0, "{}: {} slices are missing", file_.path().string(), missing_);
  file_.commit();
}

std::unique_ptr<KSpaceFile> open_ra_kspace(const fs::path& path) { return std::make_unique<RaKSpace>(path); }

}  // namespace selfsame
