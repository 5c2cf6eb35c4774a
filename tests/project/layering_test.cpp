// SPDX-License-Identifier: Apache-2.0
// Which folder may include which: docs/architecture.md. Read from the #include lines, so that it never goes
// stale.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>

#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

const std::map<std::string, std::vector<std::string>>& allowed_includes() {
  static const std::map<std::string, std::vector<std::string>> table{
      {"kernels", {"kernels"}},
      {"mri", {"mri", "kernels"}},
      {"losses", {"losses", "mri", "kernels"}},
      {"models", {"models", "mri", "kernels"}},
      {"engine", {"engine", "models", "losses", "mri", "kernels"}},
      {"bench", {"bench", "engine", "models", "losses", "mri", "kernels", "tests"}},
      {"tests", {"tests", "engine", "models", "losses", "mri", "kernels"}},
  };
  return table;
}

/// "path:line: text" of every quoted include that the table does not allow, or that is not written from the
/// root.
std::vector<std::string> offending_includes(const SourceFile& file) {
  static const std::regex include(R"re(^\s*#\s*include\s*"([^"]*)")re");
  const std::string folder = file.path.substr(0, file.path.find('/'));
  const std::vector<std::string>& allowed = allowed_includes().at(folder);
  std::vector<std::string> offending;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(file.lines[i], match, include)) {
      continue;
    }
    const std::string included = match[1].str();
    const std::size_t slash = included.find('/');
    const std::string target = slash == std::string::npos ? "" : included.substr(0, slash);
    if (std::find(allowed.begin(), allowed.end(), target) == allowed.end()) {
      offending.push_back(fmt::format("{}:{}: {}", file.path, i + 1, file.lines[i]));
    }
  }
  return offending;
}

TEST(Layering, EveryIncludePointsToAFolderBelow) {
  const std::vector<SourceFile> files = source_files(
      {"kernels", "mri", "losses", "models", "engine", "bench", "tests"}, {".hpp", ".cpp", ".cu", ".cuh"});
  ASSERT_GT(files.size(), 200u);
  for (const SourceFile& file : files) {
    for (const std::string& line : offending_includes(file)) {
      ADD_FAILURE() << line;
    }
  }
}

TEST(Layering, RefusesIncludesThatPointUpOrSideways) {
  const auto offends = [](const char* path, const char* line) {
    return !offending_includes({path, {"#pragma once", line}}).empty();
  };
  EXPECT_TRUE(offends("losses/a.cpp", "#include \"models/network.hpp\""));
  EXPECT_TRUE(offends("models/a.cpp", "#include \"losses/objective.hpp\""));
  EXPECT_TRUE(offends("kernels/a/a.hpp", "#include \"mri/files/image.hpp\""));
  EXPECT_TRUE(offends("mri/a.hpp", "  #  include \"engine/run/duration.hpp\""));
  EXPECT_TRUE(offends("engine/a.cpp", "#include \"tests/support/fixture.hpp\""));
  EXPECT_TRUE(offends("engine/a.cpp", "#include \"bench/table.hpp\""));
  EXPECT_TRUE(offends("engine/a.cpp", "#include \"a.hpp\"")) << "not written from the root";
  EXPECT_TRUE(offends("engine/a.cpp", "#include \"../models/network.hpp\""));
  EXPECT_FALSE(offends("engine/a.cpp", "#include \"models/network.hpp\""));
  EXPECT_FALSE(offends("losses/a.cpp", "#include \"mri/metrics/metrics.hpp\""));
  EXPECT_FALSE(offends("kernels/a/a.cpp", "#include <fmt/core.h>"));
}

TEST(Layering, NamesTheLine) {
  const std::vector<std::string> lines =
      offending_includes({"models/a.cpp", {"", "#include \"engine/x.hpp\""}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "models/a.cpp:2: #include \"engine/x.hpp\"");
}

}  // namespace
}  // namespace selfsame
