// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/image_source.hpp"

namespace selfsame {

/// One image of a file.
struct FileEntry {
  std::string path;
  std::int64_t index = 0;  ///< in the file, for stacks
  ImageInfo info;          ///< with the channels that loading gives
};

/// "path" or, for an image of a stack, "path[index]".
[[nodiscard]] std::string name_of(const FileEntry& entry);

/// Bad files of a scan, collected for one error or for warnings.
class BadFiles {
 public:
  void add(std::string message) { messages_.push_back(std::move(message)); }
  /// By the policy: throws one Error(kData) with the first 20 messages and their number, or appends all to
  /// `warnings`.
  void settle(std::vector<std::string>& warnings, BadFilePolicy policy, const std::string& where) const;

 private:
  std::vector<std::string> messages_;
};

/// Files of a folder as open_folder takes them: relative paths, sorted by bytes.
[[nodiscard]] std::vector<std::string> list_folder(const std::string& folder, bool recursive);

/// Appends the images of one file, after a look at its header; a file that cannot be used goes to `bad`.
void scan_file(std::vector<FileEntry>& entries, BadFiles& bad, const std::string& path,
               const OpenOptions& options);

/// Decodes one image with the channels asked for. Errors: Error(kData), also if a floating-point image has
/// pixels that are NaN or infinite.
[[nodiscard]] Image load_entry(const FileEntry& entry, ChannelMode channels);

}  // namespace selfsame
