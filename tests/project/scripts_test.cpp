// SPDX-License-Identifier: Apache-2.0
// The scripts can be started and are free of syntax errors.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>

#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

/// Exit code of a command line run by the shell, its output thrown away; -1 if it was ended by a signal.
int exit_code_of(const std::string& command) {
  const int status = std::system((command + " > /dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<SourceFile> scripts() { return source_files({"scripts", ".ci/run"}, {".sh"}); }

TEST(Scripts, AreExecutableBash) {
  const std::vector<SourceFile> files = scripts();
  ASSERT_GE(files.size(), 4u);
  for (const SourceFile& file : files) {
    const auto permissions = std::filesystem::status(source_root() / file.path).permissions();
    EXPECT_NE(permissions & std::filesystem::perms::owner_exec, std::filesystem::perms::none) << file.path;
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_EQ(file.lines[0], "#!/usr/bin/env bash") << file.path;
  }
}

TEST(Scripts, HaveNoSyntaxErrors) {
  ASSERT_NE(exit_code_of("echo 'if then' | bash -n"), 0) << "bash -n finds nothing here";
  for (const SourceFile& file : scripts()) {
    EXPECT_EQ(exit_code_of(fmt::format("bash -n '{}'", (source_root() / file.path).string())), 0)
        << file.path;
  }
}

TEST(Scripts, SetupIsSilentAndQuickWhenNothingIsMissing) {
  // These tests were built here, so what --minimal asks for is there.
  const std::string setup = (source_root() / "scripts/setup.sh").string();
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(exit_code_of(fmt::format("test -z \"$('{}' --minimal 2>&1 || echo failed)\"", setup)), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
}

TEST(Scripts, SetupRefusesUnknownArguments) {
  EXPECT_EQ(exit_code_of(fmt::format("'{}' --minimum", (source_root() / "scripts/setup.sh").string())), 2);
}

}  // namespace
}  // namespace selfsame
