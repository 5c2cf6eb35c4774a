// SPDX-License-Identifier: Apache-2.0
#include "engine/data/file_source.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/image_file.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

bool has_image_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".npy";
}

bool is_image_content(const std::string& path) {
  try {
    return detect_format(InputFile(path)) != ImageFormat::kUnknown;
  } catch (const Error&) {
    return false;
  }
}

class FileSource final : public ImageSource {
 public:
  FileSource(std::vector<FileEntry> entries, ChannelMode channels)
      : entries_(std::move(entries)), channels_(channels) {}

  std::int64_t count() const override { return static_cast<std::int64_t>(entries_.size()); }
  std::string name(std::int64_t i) const override { return name_of(at(i)); }
  ImageInfo info(std::int64_t i) const override { return at(i).info; }
  Image load(std::int64_t i) const override { return load_entry(at(i), channels_); }

 private:
  const FileEntry& at(std::int64_t i) const {
    SELFSAME_CHECK(i >= 0 && i < count(), "image {} of {}", i, count());
    return entries_[static_cast<std::size_t>(i)];
  }
  std::vector<FileEntry> entries_;
  ChannelMode channels_;
};

OpenedImages open_scanned(const std::vector<std::string>& paths, const std::string& where,
                          const OpenOptions& options) {
  OpenedImages opened;
  std::vector<FileEntry> entries;
  BadFiles bad;
  for (const std::string& path : paths) {
    scan_file(entries, bad, path, options);
  }
  bad.settle(opened.warnings, options.bad_files, where);
  if (entries.empty()) {
    fail(ErrorKind::kData, "{}: no images found (PNG, JPEG or npy)", where);
  }
  opened.source = std::make_shared<FileSource>(std::move(entries), options.channels);
  return opened;
}

}  // namespace

ImagePair ImageSource::load_pair(std::int64_t i) const {
  fail(ErrorKind::kInternal, "{} has no second measurement", name(i));
}

std::string name_of(const FileEntry& entry) {
  return entry.info.images > 1 ? fmt::format("{}[{}]", entry.path, entry.index) : entry.path;
}

void BadFiles::settle(std::vector<std::string>& warnings, BadFilePolicy policy,
                      const std::string& where) const {
  if (messages_.empty()) {
    return;
  }
  if (policy == BadFilePolicy::kSkip) {
    warnings.insert(warnings.end(), messages_.begin(), messages_.end());
    return;
  }
  constexpr std::size_t kShown = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(messages_.size(), kShown); ++i) {
    text += "\n  " + messages_[i];
  }
  if (messages_.size() > kShown) {
    text += fmt::format("\n  and {} more", messages_.size() - kShown);
  }
  fail(ErrorKind::kData, "{}: {} unusable file{}:{}", where, messages_.size(),
       messages_.size() == 1 ? "" : "s", text);
}

std::vector<std::string> list_folder(const std::string& folder, bool recursive) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    std::error_code ignored;  // a link that leads nowhere is a bad file if it is named as an image
    if (it->is_directory(ignored)) {
      if (hidden || !recursive) {
        it.disable_recursion_pending();
      }
    } else if (!hidden && (has_image_name(it->path()) || is_image_content(it->path().string()))) {
      names.push_back(it->path().lexically_relative(folder).string());
    }
  }
  if (error) {
    fail(ErrorKind::kData, "{}: cannot read the folder: {}", folder, error.message());
  }
  std::sort(names.begin(), names.end());  // std::string compares bytes
  return names;
}

void scan_file(std::vector<FileEntry>& entries, BadFiles& bad, const std::string& path,
               const OpenOptions& options) {
  try {
    ImageInfo info = probe_image(path);
    if (info.height < options.min_height || info.width < options.min_width) {
      bad.add(fmt::format("{}: {}x{} pixels (width x height), smaller than the {}x{} asked for", path,
                          info.width, info.height, options.min_width, options.min_height));
      return;
    }
    if (options.channels == ChannelMode::kPacked) {
      if (info.channels != 4) {
        bad.add(fmt::format("{}: has {} channel{}, /data/channels asks for 4", path, info.channels,
                            info.channels == 1 ? "" : "s"));
        return;
      }
    } else if (options.channels != ChannelMode::kAsStored) {
      if (info.channels != 1 && info.channels != 3) {
        bad.add(fmt::format("{}: {} channels are neither gray nor colour", path, info.channels));
        return;
      }
      info.channels = options.channels == ChannelMode::kGray ? 1 : 3;
    }
    for (std::int64_t k = 0; k < info.images; ++k) {
      entries.push_back({path, k, info});
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) {
      throw;
    }
    bad.add(error.what());
  }
}

Image load_entry(const FileEntry& entry, ChannelMode channels) {
  Image image = read_image(entry.path, entry.index, PixelScale::kUnit);
  if (image.height != entry.info.height || image.width != entry.info.width) {
    fail(ErrorKind::kData, "{}: changed while in use: {}x{} pixels, was {}x{}", name_of(entry), image.width,
         image.height, entry.info.width, entry.info.height);
  }
  if (channels == ChannelMode::kGray) {
    image = to_gray(std::move(image));
  } else if (channels == ChannelMode::kColor) {
    image = to_color(std::move(image));
  }
  if (image.channels != entry.info.channels) {
    fail(ErrorKind::kData, "{}: changed while in use: {} channels, was {}", name_of(entry), image.channels,
         entry.info.channels);
  }
  if (!image.integer) {
    const auto bad =
        std::find_if(image.pixels.begin(), image.pixels.end(), [](float v) { return !std::isfinite(v); });
    if (bad != image.pixels.end()) {
      const std::int64_t at = bad - image.pixels.begin();
      fail(ErrorKind::kData, "{}: pixel {} at channel {}, row {}, column {}", name_of(entry), *bad,
           at / image.plane(), at % image.plane() / image.width, at % image.width);
    }
  }
  return image;
}

OpenedImages open_folder(const std::string& folder, const OpenOptions& options) {
  std::vector<std::string> paths = list_folder(folder, options.recursive);
  for (std::string& path : paths) {
    path = (fs::path(folder) / path).string();
  }
  return open_scanned(paths, folder, options);
}

OpenedImages open_files(const std::vector<std::string>& paths, const OpenOptions& options) {
  return open_scanned(paths, paths.empty() ? "list of files" : paths.front(), options);
}

OpenedImages open_list(const std::string& list, const OpenOptions& options) {
  std::ifstream stream(list);
  if (!stream) {
    fail(ErrorKind::kData, "{}: cannot open", list);
  }
  std::vector<std::string> paths;
  std::set<std::string> seen;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (line.empty() || line[0] == '#') {
      continue;
    }
    const std::string path = (fs::path(list).parent_path() / line).lexically_normal().string();
    if (!seen.insert(path).second) {
      fail(ErrorKind::kData, "{}:{}: {} is listed twice", list, number, line);
    }
    paths.push_back(path);
  }
  return open_scanned(paths, list, options);
}

OpenedImages open_images(const std::string& path, const OpenOptions& options) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return open_folder(path, options);
  }
  if (fs::path(path).extension() == ".txt") {
    return open_list(path, options);
  }
  return open_files({path}, options);
}

}  // namespace selfsame
