// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/command_files.hpp"

#include "kernels/base/error.hpp"

namespace fs = std::filesystem;

namespace selfsame {

void make_folder(const fs::path& folder) {
  std::error_code error;
  if (!folder.empty()) {
    fs::create_directories(folder, error);
  }
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", folder.string(), error.message());
  }
}

void refuse_existing(std::span<const fs::path> paths) {
  constexpr std::size_t kShown = 20;
  std::size_t found = 0;
  std::string names;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored)) && ++found <= kShown) {
      names += "\n  " + path.string();
    }
  }
  if (found > kShown) {
    names += fmt::format("\n  and {} more", found - kShown);
  }
  if (found > 0) {
    fail(ErrorKind::kUsage, "{} output file{} exist{} (--overwrite replaces them):{}", found,
         found == 1 ? "" : "s", found == 1 ? "s" : "", names);
  }
}

}  // namespace selfsame
