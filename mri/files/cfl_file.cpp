// SPDX-License-Identifier: Apache-2.0
#include "mri/files/cfl_file.hpp"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/base/error.hpp"
#include "mri/files/dims_text.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/kspace_parts.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kLongestHeader = 1 << 20;  // "# Command" may be long
constexpr std::int64_t kMostElements = std::int64_t{1} << 59;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) {
    line.remove_suffix(1);
  }
  return line;
}

BartDims parse_dimensions(std::string_view line) {
  BartDims dims;
  dims.fill(1);
  std::size_t count = 0;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      break;
    }
    line.remove_prefix(begin);
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    const auto used = static_cast<std::size_t>(stop - line.data());
    if (error != std::errc() || (used < line.size() && line[used] != ' ' && line[used] != '\t')) {
      fail(ErrorKind::kData, "dimension {} is no number", count);
    }
    if (count == kBartDims) {
      fail(ErrorKind::kData, "more than {} dimensions", kBartDims);
    }
    dims[count++] = value;
    line.remove_prefix(used);
  }
  if (count == 0) {
    fail(ErrorKind::kData, "no dimensions");
  }
  (void)bart_elements(dims);
  return dims;
}

class CflKSpace final : public KSpaceFile {
 public:
  explicit CflKSpace(const fs::path& path) : path_(cfl_base(path).string() + ".cfl") {
    const fs::path header_path = cfl_base(path).string() + ".hdr";
    const std::string text = read_file(header_path, kLongestHeader);
    try {
      dims_ = parse_cfl_header(text);
      layout_ = bart_kspace(dims_);
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("{}: {}", header_path.string(), e.what()));
    }
    check_length(InputFile(path_.string()));
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
    check_length(file);
    const auto count = static_cast<std::size_t>(layout_.coils * layout_.h * layout_.w);
    std::vector<std::complex<float>> stored(count), out(count);
    file.read_at(stored.data(), static_cast<std::uint64_t>(index * layout_.slice_stride) * sizeof(stored[0]),
                 count * sizeof(stored[0]));
    from_bart(out, stored, layout_);
    return out;
  }

  [[nodiscard]] std::vector<float> reference_slice(std::int64_t index) const override {
    fail(ErrorKind::kData, "{}: slice {}: a .cfl file has no reference image", path_.string(), index);
  }

 private:
  void check_length(const InputFile& file) const {
    const auto bytes = static_cast<std::uint64_t>(bart_elements(dims_)) * sizeof(std::complex<float>);
    if (file.size() != bytes) {
      fail(ErrorKind::kData, "{}: {} bytes, but its header asks for {}", path_.string(), file.size(), bytes);
    }
  }

  fs::path path_;
  BartDims dims_{};
  BartKSpace layout_;
  KSpaceHeader header_;
};

}  // namespace

std::int64_t bart_elements(const BartDims& dims) {
  std::int64_t elements = 1;
  for (std::size_t d = 0; d < kBartDims; ++d) {
    if (dims[d] < 1) {
      fail(ErrorKind::kData, "dimension {} is {}", d, dims[d]);
    }
    if (__builtin_mul_overflow(elements, dims[d], &elements) || elements > kMostElements) {
      fail(ErrorKind::kData, "more elements than fit 64 bits");
    }
  }
  return elements;
}

BartDims parse_cfl_header(std::string_view text) {
  std::optional<BartDims> dims;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == "# MultiDimensions" || line == "# SizesDimensions") {
      fail(ErrorKind::kData, "several arrays in one file ({}); k-space is one", line.substr(2));
    }
    if (line == "# Dimensions") {
      if (dims) {
        fail(ErrorKind::kData, "two sections of dimensions");
      }
      dims = parse_dimensions(take_line(text));
    }
  }
  if (!dims) {
    fail(ErrorKind::kData, "no section '# Dimensions'");
  }
  return *dims;
}

std::string cfl_header_text(const BartDims& dims) {
  return fmt::format("# Dimensions\n{} \n", dims_text(dims, " "));
}

BartKSpace bart_kspace(const BartDims& dims) {
  BartDims stride;
  stride[0] = 1;
  for (std::size_t d = 1; d < kBartDims; ++d) {
    stride[d] = stride[d - 1] * dims[d - 1];
  }
  if (dims[0] > 1 && dims[1] > 1 && dims[2] > 1) {
    fail(ErrorKind::kData,
         "dimensions 0, 1 and 2 are {} x {} x {}: a 3-D scan; transform it along one of them and store "
         "slices (bart fft -u -i, then dimension {})",
         dims[0], dims[1], dims[2], kBartSlice);
  }
  const std::size_t h = dims[0] == 1 && dims[2] > 1 ? 1 : 0;
  const std::size_t w = dims[2] > 1 ? 2 : 1;
  std::size_t slice = kBartSlice;
  for (const std::size_t other : {std::size_t{10}, std::size_t{14}, std::size_t{15}}) {
    slice = dims[slice] == 1 && dims[other] > 1 ? other : slice;
  }
  for (std::size_t d = kBartCoil + 1; d < kBartDims; ++d) {
    if (dims[d] != 1 && d != slice) {
      fail(ErrorKind::kData,
           "dimension {} is {}; slices are dimension {}, and only 0 to 3 and one of 10, 13, "
           "14, 15 may be longer than 1",
           d, dims[d], slice);
    }
  }
  return {dims[slice], dims[kBartCoil], dims[h],           dims[w],
          stride[h],   stride[w],       stride[kBartCoil], stride[slice]};
}

BartDims bart_dims(std::int64_t slices, std::int64_t coils, std::int64_t h, std::int64_t w) {
  BartDims dims;
  dims.fill(1);
  dims[0] = h;
  dims[1] = w;
  dims[kBartCoil] = coils;
  dims[kBartSlice] = slices;
  return dims;
}

void from_bart(std::span<std::complex<float>> slice, std::span<const std::complex<float>> stored,
               const BartKSpace& layout) {
  std::size_t to = 0;
  for (std::int64_t c = 0; c < layout.coils; ++c) {
    for (std::int64_t y = 0; y < layout.h; ++y) {
      for (std::int64_t x = 0; x < layout.w; ++x) {
        slice[to++] = stored[static_cast<std::size_t>(c * layout.coil_stride + y * layout.h_stride +
                                                      x * layout.w_stride)];
      }
    }
  }
}

void to_bart(std::span<std::complex<float>> stored, std::span<const std::complex<float>> slice,
             const BartKSpace& layout) {
  std::size_t from = 0;
  for (std::int64_t c = 0; c < layout.coils; ++c) {
    for (std::int64_t y = 0; y < layout.h; ++y) {
      for (std::int64_t x = 0; x < layout.w; ++x) {
        stored[static_cast<std::size_t>(c * layout.coil_stride + y * layout.h_stride + x * layout.w_stride)] =
            slice[from++];
      }
    }
  }
}

fs::path cfl_base(const fs::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".cfl" || ending == ".hdr" ? fs::path(path).replace_extension() : path;
}

CflWriter::CflWriter(const fs::path& path, std::int64_t slices, std::int64_t coils, std::int64_t h,
                     std::int64_t w)
    : layout_(bart_kspace(bart_dims(slices, coils, h, w))),
      missing_(slices),
      header_(cfl_base(path).string() + ".hdr"),
      data_(cfl_base(path).string() + ".cfl") {
  header_.write(cfl_header_text(bart_dims(slices, coils, h, w)));
}

void CflWriter::append(std::span<const std::complex<float>> slice) {
  SELFSAME_CHECK(
      missing_ > 0 && slice.size() == static_cast<std::size_t>(layout_.coils * layout_.h * layout_.w),
      "{}: {} samples, {} slices are missing", data_.path().string(), slice.size(), missing_);
  std::vector<std::complex<float>> stored(slice.size());
  to_bart(stored, slice, layout_);
  data_.write(std::as_bytes(std::span(stored)));
  --missing_;
}

void CflWriter::commit() {
  SELFSAME_CHECK(missing_ == 0, "{}: {} slices are missing", data_.path().string(), missing_);
  header_.commit();
  data_.commit();
}

std::unique_ptr<KSpaceFile> open_cfl_kspace(const fs::path& path) {
  return std::make_unique<CflKSpace>(path);
}

}  // namespace selfsame
