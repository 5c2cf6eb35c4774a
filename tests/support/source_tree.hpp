// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// A text file of the repository. `path` is relative to its root, with forward slashes.
struct SourceFile {
  std::string path;
  std::vector<std::string> lines;
};

/// Files below the given folders of the repository (and files named themselves) whose names end with one of
/// `endings`, sorted by path. Errors: Error(kIo) if a folder is missing.
[[nodiscard]] std::vector<SourceFile> source_files(const std::vector<std::string>& folders,
                                                   const std::vector<std::string_view>& endings);

/// Root of the repository that the tests were built from, or $SELFSAME_SOURCE_ROOT: a copy of its fixtures
/// and configurations elsewhere (scripts/bundle.sh).
[[nodiscard]] std::filesystem::path source_root();

}  // namespace selfsame
