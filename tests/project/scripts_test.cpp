// SPDX-License-Identifier: Apache-2.0
// The scripts can be started and are free of syntax errors.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kernels/device/device.hpp"
#include "tests/support/program.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

/// Exit code of a command line run by the shell, its output thrown away; -1 if it was ended by a signal.
int exit_code_of(const std::string& command) {
  const int status = std::system((command + " > /dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<SourceFile> scripts() { return source_files({"scripts", "cmake", ".ci/run"}, {".sh"}); }

TEST(Scripts, AreExecutableBash) {
  const std::vector<SourceFile> files = scripts();
  ASSERT_GE(files.size(), 8u);
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

TEST(Scripts, TellTheirUsageAndRefuseWhatTheyDoNotKnow) {
  for (const char* name : {"bundle.sh", "gpu_check.sh", "kernel_resources.sh"}) {
    const std::string path = (source_root() / "scripts" / name).string();
    EXPECT_EQ(exit_code_of(fmt::format("'{}' --help", path)), 0) << name;
    EXPECT_EQ(exit_code_of(fmt::format("'{}' --hepl", path)), 2) << name;
    EXPECT_EQ(exit_code_of(fmt::format("'{}' --out", path)), 2) << name << ": an option without its value";
  }
}

TEST(Scripts, GpuCheckSaysThatItCheckedNothingWithoutAGpu) {
  if (device_available(DeviceKind::kCuda)) {
    GTEST_SKIP() << "a GPU answers here";
  }
  const TemporaryFolder folder;
  const std::string build = std::filesystem::path(selfsame_binary()).parent_path().string();
  const std::string script = (source_root() / "scripts/gpu_check.sh").string();
  EXPECT_EQ(
      exit_code_of(fmt::format("'{}' --build '{}' --out '{}/out'", script, build, folder.path().string())),
      3);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

/// What ptxas says of one kernel of a source that exists.
std::string ptxas_output(int spilled) {
  return fmt::format(
      "ptxas info    : Compiling entry function '_Z6kernelPf' for 'sm_90'\n"
      "ptxas info    : Function properties for _Z6kernelPf\n"
      "    {0} bytes stack frame, {0} bytes spill stores, {0} bytes spill loads\n"
      "ptxas info    : Used 40 registers, used 1 barriers, {0} bytes cumulative stack size, 512 bytes smem\n",
      spilled);
}

/// A build folder in which every .cu file spilled so many bytes.
void write_build(const std::filesystem::path& build, int spilled) {
  std::filesystem::create_directories(build);
  std::ofstream(build / "CMakeCache.txt") << "CMAKE_CUDA_COMPILER:STRING=/opt/cuda/bin/nvcc\n";
  for (const SourceFile& file : source_files({"kernels", "mri", "losses", "models", "engine"}, {".cu"})) {
    const std::string folder = file.path.substr(0, file.path.find('/')) + "_cuda.dir";
    const std::filesystem::path said = build / "CMakeFiles" / folder / (file.path + ".o.ptxas.txt");
    std::filesystem::create_directories(said.parent_path());
    std::ofstream(said) << ptxas_output(spilled);
  }
}

TEST(Scripts, KernelResourcesRefusesANewSpillAndNamesIt) {
  const TemporaryFolder folder;
  const std::string build = (folder / "build").string(), table = (folder / "table.txt").string();
  const std::string command = fmt::format("'{}' --build '{}' --table '{}' --out '{}'",
                                          (source_root() / "scripts/kernel_resources.sh").string(), build,
                                          table, (folder / "now.txt").string());
  write_build(build, 0);
  EXPECT_EQ(exit_code_of(command), 1) << "there is no table yet";
  EXPECT_EQ(exit_code_of(command + " --update"), 0);
  EXPECT_EQ(exit_code_of(fmt::format("grep -q 'sm_90 *40 *0 *0 *512 *0  kernels/.*: kernel$' '{}'", table)),
            0);
  EXPECT_EQ(exit_code_of(command), 0);
  write_build(build, 8);
  EXPECT_EQ(exit_code_of(command), 1);
  EXPECT_EQ(exit_code_of(command + " 2>&1 | grep -q 'kernel: spills 16 bytes, listed 0'"), 0);
  EXPECT_EQ(exit_code_of(command + " --update"), 0);
  EXPECT_EQ(exit_code_of(command), 0) << "what is listed is allowed";
  write_build(build, 4);
  EXPECT_EQ(exit_code_of(command), 0) << "fewer are welcome";
  std::filesystem::remove_all(folder / "build/CMakeFiles");
  EXPECT_EQ(exit_code_of(command), 1) << "kernels that were not assembled are no success";
  std::ofstream(folder / "build/CMakeCache.txt") << "SELFSAME_CUDA:STRING=OFF\n";
  EXPECT_EQ(exit_code_of(command), 0) << "without nvcc there is nothing to look at";
}

TEST(Scripts, KeepPtxasPassesOnEverythingElse) {
  const TemporaryFolder folder;
  const std::string script = (source_root() / "cmake/keep_ptxas.sh").string();
  const std::string object = (folder / "a.o").string();
  std::ofstream(folder / "compiler") << "#!/bin/sh\n"
                                        "echo 'a.cu(3): warning: look here' >&2\n"
                                        "echo 'ptxas info    : Used 40 registers' >&2\n"
                                        "exit $CODE\n";
  const std::string run = fmt::format("sh '{}' -c a.cu -o '{}'", (folder / "compiler").string(), object);
  EXPECT_EQ(
      exit_code_of(fmt::format("CODE=0 '{}' {} 2>&1 | grep -v registers | grep -q 'look here'", script, run)),
      0);
  EXPECT_EQ(exit_code_of(
                fmt::format("test \"$(cat '{}.ptxas.txt')\" = 'ptxas info    : Used 40 registers'", object)),
            0);
  std::filesystem::remove(object + ".ptxas.txt");
  EXPECT_EQ(exit_code_of(fmt::format("CODE=3 '{}' {}", script, run)), 3) << "the compiler's own exit code";
  EXPECT_FALSE(std::filesystem::exists(object + ".ptxas.txt"));
}

}  // namespace
}  // namespace selfsame
