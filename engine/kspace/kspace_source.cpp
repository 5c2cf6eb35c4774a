// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_source.hpp"

#include <fstream>

#include "engine/data/file_source.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

std::vector<fs::path> listed(const fs::path& list) {
  std::ifstream in(list);
  std::vector<fs::path> files;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.pop_back();
    }
    if (line.empty() || line[0] == '#') {
      continue;
    }
    files.push_back(list.parent_path() / line);
    std::error_code ignored;
    if (!fs::exists(files.back(), ignored)) {
      fail(ErrorKind::kData, "{}:{}: {} does not exist", list.string(), number, files.back().string());
    }
  }
  if (files.empty()) {
    fail(ErrorKind::kData, "{}: names no files", list.string());
  }
  return files;
}

}  // namespace

std::vector<fs::path> source_files(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    fail(ErrorKind::kData, "{}: not found", path.string());
  }
  if (fs::is_directory(path, ignored)) {
    std::vector<fs::path> files;
    for (const std::string& name : list_folder(path.string(), true)) {
      files.push_back(path / name);
    }
    return files;
  }
  return path.extension() == ".txt" ? listed(path) : std::vector<fs::path>{path};
}

OpenedKSpace open_kspace_source(const SourceConfig& config, bool skip_bad, const fs::path& cache) {
  if (const auto* files = std::get_if<KSpaceSourceConfig>(&config)) {
    return open_kspace_files(*files, skip_bad, cache);
  }
  if (const auto* simulated = std::get_if<SimulatedSourceConfig>(&config)) {
    return open_simulated(*simulated, skip_bad);
  }
  const auto* phantoms = std::get_if<PhantomSourceConfig>(&config);
  SELFSAME_CHECK(phantoms != nullptr, "source {} is not one of k-space", config.index());
  return open_phantoms(*phantoms);
}

}  // namespace selfsame
