// SPDX-License-Identifier: Apache-2.0
// A source of measured k-space: files of a folder, slice by slice.
#include <algorithm>
#include <filesystem>

#include "engine/kspace/kspace_source.hpp"
#include "mri/coils/calibration.hpp"
#include "mri/files/kspace_file.hpp"
#include "mri/files/slice_cache.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::size_t kBadFilesNamed = 20;

/// Files that do not say what was sampled: frequencies that are zero in all coils were not, if there are more
/// of them than a few samples that happen to be zero (measured data have noise). Whole columns make a mask of
/// columns.
void find_mask(RawSlice& raw) {
  constexpr double kHappens = 0.001;
  const ConstComplexView view(raw.kspace.data(), DType::kF32, {1, raw.coils, raw.h, raw.w});
  const SamplingMask found = sampled_where_not_zero(view);
  const auto missing = static_cast<double>(raw.h * raw.w - found.count());
  if (missing <= kHappens * static_cast<double>(raw.h * raw.w)) {
    return;
  }
  std::vector<std::uint8_t> columns(found.sampled.begin(), found.sampled.begin() + raw.w);
  for (std::int64_t i = 0; i < raw.h * raw.w; ++i) {
    std::uint8_t& column = columns[static_cast<std::size_t>(i % raw.w)];
    column = column != 0 || found.sampled[static_cast<std::size_t>(i)] != 0 ? 1 : 0;
  }
  const auto whole = std::count(columns.begin(), columns.end(), 1) * raw.h;
  raw.mask = static_cast<double>(whole - found.count()) <= kHappens * static_cast<double>(raw.h * raw.w)
                 ? columns
                 : found.sampled;
}

class KSpaceFiles final : public KSpaceSource {
 public:
  struct Slice {
    std::size_t file;
    std::int64_t index;
  };
  void add(std::unique_ptr<KSpaceFile> file, std::int64_t central) {
    const std::int64_t all = file->header().slices;
    const std::int64_t count = central > 0 ? std::min(central, all) : all;
    for (std::int64_t s = 0; s < count; ++s) {
      slices_.push_back({files_.size(), (all - count) / 2 + s});
    }
    files_.push_back(std::move(file));
  }

  [[nodiscard]] std::int64_t count() const override { return static_cast<std::int64_t>(slices_.size()); }
  [[nodiscard]] std::string name(std::int64_t i) const override {
    return fmt::format("{}[{}]", file(i).path().string(), at(i).index);
  }
  [[nodiscard]] std::int64_t volume(std::int64_t i) const override {
    return static_cast<std::int64_t>(at(i).file);
  }
  [[nodiscard]] std::string file_name(std::int64_t i) const override {
    return file(i).path().filename().string();
  }
  [[nodiscard]] SliceShape shape(std::int64_t i) const override {
    const KSpaceHeader& header = file(i).header();
    return {header.coils, header.h, header.w};
  }
  [[nodiscard]] RawSlice load(std::int64_t i, Stream& /*stream*/) const override {
    RawSlice raw;
    raw.coils = shape(i).coils;
    raw.h = shape(i).h;
    raw.w = shape(i).w;
    raw.kspace = file(i).slice(at(i).index);
    raw.mask = file(i).header().mask;
    const bool finite = std::all_of(raw.kspace.begin(), raw.kspace.end(), [](std::complex<float> z) {
      return std::isfinite(z.real()) && std::isfinite(z.imag());
    });
    if (!finite) {
      fail(ErrorKind::kData, "{}: the k-space has values that are not finite", name(i));
    }
    if (raw.mask.empty()) {
      find_mask(raw);
    }
    return raw;
  }

 private:
  [[nodiscard]] const Slice& at(std::int64_t i) const { return slices_.at(static_cast<std::size_t>(i)); }
  [[nodiscard]] const KSpaceFile& file(std::int64_t i) const { return *files_[at(i).file]; }
  std::vector<std::unique_ptr<KSpaceFile>> files_;
  std::vector<Slice> slices_;
};

}  // namespace

OpenedKSpace open_kspace_files(const KSpaceSourceConfig& config, bool skip_bad, const fs::path& cache) {
  auto source = std::make_shared<KSpaceFiles>();
  OpenedKSpace opened;
  std::vector<std::string> bad;
  std::vector<fs::path> paths;
  for (const fs::path& file :
       config.path.extension() == ".txt" ? source_files(config.path) : std::vector<fs::path>{config.path}) {
    const std::vector<fs::path> found = kspace_paths(file);
    paths.insert(paths.end(), found.begin(), found.end());
  }
  for (const fs::path& path : paths) {
    try {
      source->add(cache.empty() ? open_kspace(path) : open_cached_kspace(path, cache), config.central_slices);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kData) {
        throw;
      }
      bad.emplace_back(error.what());
    }
  }
  if (!bad.empty() && (!skip_bad || source->count() == 0)) {
    std::string text = fmt::format("{} of {} k-space files cannot be used:", bad.size(), paths.size());
    for (std::size_t i = 0; i < std::min(bad.size(), kBadFilesNamed); ++i) {
      text += "\n  " + bad[i];
    }
    throw Error(ErrorKind::kData, text + (bad.size() > kBadFilesNamed ? "\n  ..." : ""));
  }
  if (source->count() == 0) {
    fail(ErrorKind::kData, "{}: no k-space found (.h5, .cfl, .ra or complex .npy)", config.path.string());
  }
  for (const std::string& text : bad) {
    opened.warnings.push_back("skipped: " + text);
  }
  opened.source = std::move(source);
  return opened;
}

}  // namespace selfsame
