// SPDX-License-Identifier: Apache-2.0
#include "tests/support/source_tree.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "kernels/base/error.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

SourceFile read_file(const fs::path& path) {
  SourceFile file{path.lexically_relative(source_root()).generic_string(), {}};
  std::ifstream in(path);
  if (!in) {
    fail(ErrorKind::kIo, "{}: cannot be read", path.string());
  }
  for (std::string line; std::getline(in, line);) {
    file.lines.push_back(line);
  }
  return file;
}

}  // namespace

fs::path source_root() {
  const char* moved = std::getenv("SELFSAME_SOURCE_ROOT");
  return moved != nullptr ? moved : SELFSAME_SOURCE_DIR;
}

std::vector<SourceFile> source_files(const std::vector<std::string>& folders,
                                     const std::vector<std::string_view>& endings) {
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    const fs::path root = source_root() / folder;
    if (fs::is_regular_file(root)) {
      files.push_back(read_file(root));
      continue;
    }
    if (!fs::is_directory(root)) {
      fail(ErrorKind::kIo, "{}: is not there", root.string());
    }
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
      const std::string name = entry.path().filename().string();
      const bool wanted = std::any_of(endings.begin(), endings.end(),
                                      [&](std::string_view ending) { return name.ends_with(ending); });
      if (entry.is_regular_file() && wanted) {
        files.push_back(read_file(entry.path()));
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace selfsame
