// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <map>
#include <utility>

#include "engine/data/file_source.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

class PairSource final : public ImageSource {
 public:
  PairSource(std::vector<std::pair<FileEntry, FileEntry>> entries, ChannelMode channels)
      : entries_(std::move(entries)), channels_(channels) {}

  std::int64_t count() const override { return static_cast<std::int64_t>(entries_.size()); }
  std::string name(std::int64_t i) const override {
    return fmt::format("{} + {}", name_of(at(i).first), name_of(at(i).second));
  }
  ImageInfo info(std::int64_t i) const override { return at(i).first.info; }
  Image load(std::int64_t i) const override { return load_entry(at(i).first, channels_); }
  bool paired() const override { return true; }
  ImagePair load_pair(std::int64_t i) const override {
    return {load_entry(at(i).first, channels_), load_entry(at(i).second, channels_)};
  }

 private:
  const std::pair<FileEntry, FileEntry>& at(std::int64_t i) const {
    SELFSAME_CHECK(i >= 0 && i < count(), "pair {} of {}", i, count());
    return entries_[static_cast<std::size_t>(i)];
  }
  std::vector<std::pair<FileEntry, FileEntry>> entries_;
  ChannelMode channels_;
};

using Keyed = std::map<std::string, std::string>;  // relative stem without suffix -> path

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// A file alone is its own set, with an empty key.
Keyed keyed_files(const std::string& folder, const std::string& suffix) {
  if (is_file(folder)) {
    return {{std::string(), folder}};
  }
  Keyed files;
  for (const std::string& name : list_folder(folder, true)) {
    std::string key = fs::path(name).replace_extension().string();
    if (!key.ends_with(suffix)) {
      continue;
    }
    key.resize(key.size() - suffix.size());
    const std::string path = (fs::path(folder) / name).string();
    const auto [place, added] = files.emplace(key, path);
    if (!added) {
      fail(ErrorKind::kData, "{} and {}: two files for one name, a pair must be unique", place->second, path);
    }
  }
  return files;
}

void report_without_partner(BadFiles& bad, const Keyed& files, const Keyed& others,
                            const std::string& where) {
  for (const auto& [key, path] : files) {
    if (!others.contains(key)) {
      bad.add(fmt::format("{}: has no partner in {}", path, where));
    }
  }
}

bool same_size(const ImageInfo& a, const ImageInfo& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width && a.images == b.images;
}

std::string size_text(const ImageInfo& info) {
  return fmt::format("{} of {}x{}x{} (channels, height, width)", info.images, info.channels, info.height,
                     info.width);
}

}  // namespace

OpenedImages open_pairs(const std::string& first, const std::string& second, const PairOptions& options) {
  for (const std::string& path : {first, second}) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      fail(ErrorKind::kData, "{}: not found", path);
    }
  }
  if (is_file(first) != is_file(second)) {
    fail(ErrorKind::kData, "{} and {}: a file and a folder, expected two of one kind", first, second);
  }
  const Keyed first_files = keyed_files(first, options.first_suffix);
  const Keyed second_files = keyed_files(second, options.second_suffix);
  BadFiles bad;
  report_without_partner(bad, first_files, second_files, second);
  report_without_partner(bad, second_files, first_files, first);

  std::vector<std::pair<FileEntry, FileEntry>> pairs;
  for (const auto& [key, path] : first_files) {
    const auto partner = second_files.find(key);
    if (partner == second_files.end()) {
      continue;
    }
    if (path == partner->second) {
      fail(ErrorKind::kData, "{}: is its own partner: the two folders or the two suffixes must differ", path);
    }
    std::vector<FileEntry> a, b;
    scan_file(a, bad, path, options.open);
    scan_file(b, bad, partner->second, options.open);
    if (a.empty() || b.empty()) {
      continue;
    }
    if (!same_size(a[0].info, b[0].info)) {
      bad.add(fmt::format("{} and {}: {} and {} do not match", path, partner->second, size_text(a[0].info),
                          size_text(b[0].info)));
      continue;
    }
    for (std::size_t k = 0; k < a.size(); ++k) {
      pairs.emplace_back(a[k], b[k]);
    }
  }
  OpenedImages opened;
  bad.settle(opened.warnings, options.open.bad_files, first);
  if (pairs.empty()) {
    fail(ErrorKind::kData, "{} and {}: no pairs of images found", first, second);
  }
  opened.source = std::make_shared<PairSource>(std::move(pairs), options.open.channels);
  return opened;
}

}  // namespace selfsame
