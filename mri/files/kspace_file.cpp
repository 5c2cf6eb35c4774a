// SPDX-License-Identifier: Apache-2.0
#include "mri/files/kspace_file.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <system_error>

#include "kernels/base/error.hpp"
#include "mri/files/dims_text.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/files/npy_header.hpp"
#include "mri/files/ra_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr char kH5Signature[] = "\x89HDF\r\n\x1a\n";
constexpr std::int64_t kMostSide = 65535, kMostSamples = std::int64_t{1} << 31;

bool has_ending(const fs::path& path, std::initializer_list<std::string_view> endings) {
  const std::string ending = path.extension().string();
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

class NpyKSpace final : public KSpaceFile {
 public:
  explicit NpyKSpace(const fs::path& path) : path_(path) {
    const NpyFile file(path_.string());
    stored_ = file.header();
    const std::vector<std::int64_t>& shape = stored_.shape;
    if ((stored_.type != NpyType::kC8 && stored_.type != NpyType::kC16) || shape.size() < 3 ||
        shape.size() > 4) {
      fail(ErrorKind::kData,
           "{}: {} of shape ({}), not complex of shape (slices, coils, h, w) or (coils, h, w)",
           path_.string(), name_of(stored_.type), dims_text(shape));
    }
    header_.slices = shape.size() == 4 ? shape[0] : 1;
    header_.coils = shape[shape.size() - 3];
    header_.h = shape[shape.size() - 2];
    header_.w = shape.back();
    header_.padding_right = header_.w;
    check_kspace_sizes(path_, header_.slices, header_.coils, header_.h, header_.w);
  }

  [[nodiscard]] const fs::path& path() const override { return path_; }
  [[nodiscard]] const KSpaceHeader& header() const override { return header_; }

  [[nodiscard]] std::vector<std::complex<float>> slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    const NpyFile file(path_.string());
    if (file.header().shape != stored_.shape || file.header().type != stored_.type) {
      fail(ErrorKind::kData, "{}: slice {}: the file was changed while it was in use", path_.string(), index);
    }
    const std::int64_t count = header_.coils * header_.h * header_.w;
    std::vector<std::complex<float>> out(static_cast<std::size_t>(count));
    if (stored_.type == NpyType::kC8) {
      file.read_raw(std::as_writable_bytes(std::span(out)), index * count, count);
      return out;
    }
    std::vector<std::complex<double>> wide(out.size());
    file.read_raw(std::as_writable_bytes(std::span(wide)), index * count, count);
    std::transform(wide.begin(), wide.end(), out.begin(), [](auto v) { return std::complex<float>(v); });
    return out;
  }

  [[nodiscard]] std::vector<float> reference_slice(std::int64_t index) const override {
    fail(ErrorKind::kData, "{}: slice {}: an npy file has no reference image", path_.string(), index);
  }

 private:
  fs::path path_;
  NpyHeader stored_;
  KSpaceHeader header_;
};

}  // namespace

bool is_hdf5(const InputFile& file) {
  constexpr std::uint64_t kLast = 1 << 20;
  char magic[8] = {};
  for (std::uint64_t at = 0; at <= kLast && at < file.size(); at = at == 0 ? 512 : 2 * at) {
    if (file.read_some(magic, at, sizeof magic) == sizeof magic &&
        std::memcmp(magic, kH5Signature, sizeof magic) == 0) {
      return true;
    }
  }
  return false;
}

void check_kspace_sizes(const fs::path& path, std::int64_t slices, std::int64_t coils, std::int64_t h,
                        std::int64_t w) {
  std::int64_t samples = 1;
  bool fits = slices >= 1 && slices <= kMostSamples && h <= kMostSide && w <= kMostSide;
  for (const std::int64_t n : {coils, h, w}) {
    fits = fits && n >= 1 && n <= kMostSamples / samples;
    samples *= fits ? n : 1;
  }
  if (!fits) {
    fail(ErrorKind::kData,
         "{}: {} slices of {} coils of {} x {}; sides are 1 to {}, and a slice has at most {} samples",
         path.string(), slices, coils, h, w, kMostSide, kMostSamples);
  }
}

void check_slice_index(const KSpaceFile& file, std::int64_t index) {
  if (index < 0 || index >= file.header().slices) {
    fail(ErrorKind::kData, "{}: slice {} of {}", file.path().string(), index, file.header().slices);
  }
}

std::unique_ptr<KSpaceFile> open_npy_kspace(const fs::path& path) {
  return std::make_unique<NpyKSpace>(path);
}

std::unique_ptr<KSpaceFile> open_kspace(const fs::path& path) {
  std::error_code ignored;
  if (has_ending(path, {".cfl", ".hdr"}) ||
      (!fs::exists(path, ignored) && fs::exists(path.string() + ".hdr", ignored))) {
    return open_cfl_kspace(path);
  }
  const InputFile file(path.string());
  char magic[8] = {};
  const std::size_t n = file.read_some(magic, 0, sizeof magic);
  if (n >= 6 && std::memcmp(magic, kNpyMagic, 6) == 0) {
    return open_npy_kspace(path);
  }
  if (n == 8 && std::memcmp(magic, &kRaMagic, 8) == 0) {
    return open_ra_kspace(path);
  }
  if (is_hdf5(file)) {
    return open_h5_kspace(path);
  }
  fail(ErrorKind::kData, "{}: {}", path.string(),
       file.size() == 0                     ? "is empty"
       : has_ending(path, {".h5", ".hdf5"}) ? "unreadable HDF5: the file has no HDF5 signature"
       : has_ending(path, {".npy", ".ra"})
           ? "its first bytes are not those of its kind"
           : "is no k-space file: neither HDF5 nor .cfl/.hdr nor .ra nor npy");
}

std::vector<fs::path> kspace_paths(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return {path};
  }
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    std::error_code ignored;
    if (!hidden && has_ending(it->path(), {".h5", ".hdf5", ".cfl", ".ra", ".npy"}) &&
        it->is_regular_file(ignored)) {
      paths.push_back(it->path());
    }
  }
  if (error) {
    fail(ErrorKind::kData, "{}: cannot be listed: {}", path.string(), error.message());
  }
  if (paths.empty()) {
    fail(ErrorKind::kData, "{}: no k-space files (*.h5, *.cfl, *.ra, *.npy) in this folder", path.string());
  }
  std::sort(paths.begin(), paths.end(), [](const fs::path& a, const fs::path& b) {
    return a.filename().string() < b.filename().string();
  });
  return paths;
}

}  // namespace selfsame
