// SPDX-License-Identifier: Apache-2.0
#include "mri/files/atomic_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

int count_files(const std::filesystem::path& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++count;
  }
  return count;
}

ErrorKind kind_of_failed_write(const std::filesystem::path& path, std::string* text) {
  try {
    write_file_atomically(path, "new");
  } catch (const Error& e) {
    *text = e.what();
    return e.kind();
  }
  return ErrorKind::kInternal;
}

TEST(AtomicFile, WritesAndReplacesWithoutLeavingOtherFiles) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "one");
  write_file_atomically(folder / "a.txt", "two, longer");
  EXPECT_EQ(read_file(folder / "a.txt", 100), "two, longer");
  EXPECT_EQ(count_files(folder.path()), 1);
}

TEST(AtomicFile, HasTheModeOfTheUmask) {
  const TemporaryFolder folder;
  const mode_t old = ::umask(022);
  write_file_atomically(folder / "a", "x");
  ::umask(old);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST(AtomicFile, AbandonedWriteLeavesTheOldFileAndNoTemporary) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write("half of the n");
    EXPECT_EQ(count_files(folder.path()), 2);
  }
  EXPECT_EQ(read_file(folder / "a", 100), "old");
  EXPECT_EQ(count_files(folder.path()), 1);
}

TEST(AtomicFile, CommitKeepingHoldsTheOlderGeneration) {
  const TemporaryFolder folder;
  for (const char* content : {"1", "2", "3"}) {
    AtomicFile file(folder / "a");
    file.write(content);
    file.commit_keeping(folder / "a.previous");
  }
  EXPECT_EQ(read_file(folder / "a", 10), "3");
  EXPECT_EQ(read_file(folder / "a.previous", 10), "2");
  EXPECT_EQ(count_files(folder.path()), 2);
}

TEST(AtomicFile, CommitKeepingRecoversFromAKillBetweenItsRenames) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "1");
  std::filesystem::create_hard_link(folder / "a", folder / "a.previous");  // the state after the first rename
  AtomicFile file(folder / "a");
  file.write("2");
  file.commit_keeping(folder / "a.previous");
  EXPECT_EQ(read_file(folder / "a", 10), "2");
  EXPECT_EQ(read_file(folder / "a.previous", 10), "1");
  EXPECT_EQ(count_files(folder.path()), 2);
}

TEST(AtomicFile, ErrorsNameThePathAndTheReason) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  std::string text;
  EXPECT_EQ(kind_of_failed_write(folder / "file" / "below", &text), ErrorKind::kIo);
  EXPECT_NE(text.find((folder / "file" / "below").string()), std::string::npos) << text;
  EXPECT_NE(text.find("Not a directory"), std::string::npos) << text;
  EXPECT_EQ(kind_of_failed_write(folder / "absent" / "x", &text), ErrorKind::kIo);
  EXPECT_NE(text.find("No such file or directory"), std::string::npos) << text;
  std::filesystem::create_directory(folder / "folder");
  EXPECT_EQ(kind_of_failed_write(folder / "folder", &text), ErrorKind::kIo);
  EXPECT_EQ(count_files(folder.path()), 2) << "a temporary was left";
}

/// In a child whose files may not grow beyond `limit` bytes: writes 1 MiB over an old file. The limit makes
/// write() return a short count first and EFBIG next. Returns the child's exit status.
int write_with_limit(const std::filesystem::path& path, rlim_t limit) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit bound{limit, limit};
    ::setrlimit(RLIMIT_FSIZE, &bound);
    int status = 0;
    try {
      write_file_atomically(path, std::string(std::size_t{1} << 20, 'n'));
    } catch (const Error& e) {
      status =
          e.kind() == ErrorKind::kIo && std::string(e.what()).find("too large") != std::string::npos ? 4 : 1;
    }
    ::_exit(status);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(AtomicFile, AFullDiskAtAnyPointKeepsTheOldFile) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "old");
  for (const rlim_t limit : {0u, 1u, 4095u, 4096u, 100000u, (1u << 20) - 1}) {
    EXPECT_EQ(write_with_limit(folder / "a", limit), 4) << limit;
    EXPECT_EQ(read_file(folder / "a", 100), "old") << limit;
    EXPECT_EQ(count_files(folder.path()), 1) << limit;
  }
  EXPECT_EQ(write_with_limit(folder / "a", 1u << 20), 0);
  EXPECT_EQ(std::filesystem::file_size(folder / "a"), std::uintmax_t{1} << 20);
}

TEST(AtomicFile, RemovesOnlyTemporariesOfDeadProcesses) {
  const TemporaryFolder folder;
  const pid_t dead = ::fork();
  if (dead == 0) {
    ::_exit(0);
  }
  ::waitpid(dead, nullptr, 0);
  const std::string stale = ".last.safetensors.tmp." + std::to_string(dead);
  const std::string own = ".log.tmp." + std::to_string(::getpid());
  const std::string living = ".a.tmp." + std::to_string(::getppid());
  for (const std::string& name :
       {stale, own, living, std::string("a.tmp.1"), std::string(".a.tmp."), std::string(".a.tmp.12x"),
        std::string(".tmp.99999999"), std::string("b")}) {
    std::ofstream(folder / name) << "x";
  }
  EXPECT_EQ(remove_stale_temporaries(folder.path()), 2);
  EXPECT_FALSE(std::filesystem::exists(folder / stale));
  EXPECT_FALSE(std::filesystem::exists(folder / own));
  EXPECT_TRUE(std::filesystem::exists(folder / living));
  EXPECT_EQ(count_files(folder.path()), 6);
  EXPECT_EQ(remove_stale_temporaries(folder / "absent"), 0);
}

TEST(AtomicFile, FreeSpaceIsAskedOfTheFileSystem) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(require_free_space(folder.path(), 1));
  const std::string text =
      error_text<Error>([&] { require_free_space(folder.path(), std::uint64_t{1} << 62); });
  EXPECT_NE(text.find(folder.path().string()), std::string::npos) << text;
  EXPECT_NE(text.find("MiB needed"), std::string::npos) << text;
}

TEST(ReadFile, RefusesWhatIsNoRegularFileOrTooLong) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  write_file_atomically(folder / "long", "12345");
  EXPECT_EQ(read_file(folder / "long", 5), "12345");
  EXPECT_NE(error_text<Error>([&] { (void)read_file(folder / "long", 4); }).find("5 bytes"),
            std::string::npos);
  EXPECT_NE(error_text<Error>([&] { (void)read_file(folder / "pipe", 4); }).find("regular"),
            std::string::npos);
  EXPECT_NE(error_text<Error>([&] { (void)read_file(folder.path(), 4); }).find("regular"), std::string::npos);
  EXPECT_NE(error_text<Error>([&] { (void)read_file(folder / "absent", 4); }).find("No such"),
            std::string::npos);
}

}  // namespace
}  // namespace selfsame
