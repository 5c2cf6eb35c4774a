// SPDX-License-Identifier: Apache-2.0
#include "mri/files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <system_error>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

std::string reason(int code) { return std::system_category().message(code); }

[[noreturn]] void fail_io(const char* action, const fs::path& path, int code) {
  fail(ErrorKind::kIo, "{}: {} failed: {}", path.string(), action, reason(code));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path temporary_for(const fs::path& path) {
  return folder_of(path) / fmt::format(".{}.tmp.{}", path.filename().string(), ::getpid());
}

int retry_open(const fs::path& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

void sync_fd(int fd, const fs::path& path) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) {
      fail_io("fsync", path, errno);
    }
  }
}

void sync_folder(const fs::path& folder) {
  const int fd = retry_open(folder, O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) {
    fail_io("opening the folder", folder, errno);
  }
  int code = 0;
  while (::fsync(fd) != 0) {
    if (errno != EINTR) {
      code = errno;
      break;
    }
  }
  ::close(fd);
  // Some network file systems have no fsync for folders and say so; they make renames durable by themselves.
  if (code != 0 && code != EINVAL && code != ENOTSUP) {
    fail_io("fsync of the folder", folder, code);
  }
}

/// The PID at the end of `.NAME.tmp.PID`, or -1 for any other name.
pid_t temporary_owner(const std::string& name) {
  constexpr std::string_view kInfix = ".tmp.";
  const std::size_t at = name.rfind(kInfix);
  if (name.size() < 2 || name[0] != '.' || at == std::string::npos || at < 2) {
    return -1;
  }
  const char* begin = name.data() + at + kInfix.size();
  const char* end = name.data() + name.size();
  pid_t pid = -1;
  const auto [stop, error] = std::from_chars(begin, end, pid);
  return begin != end && stop == end && error == std::errc() && pid > 0 ? pid : -1;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(temporary_for(path_)) {
  ::unlink(temporary_.c_str());
  fd_ = retry_open(temporary_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
  if (fd_ < 0) {
    fail_io("creating the temporary file beside it", path_, errno);
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  SELFSAME_CHECK(fd_ >= 0, "{}: write after commit", path_.string());
  write_fully(fd_, bytes, path_);
}

void AtomicFile::make_durable() {
  SELFSAME_CHECK(fd_ >= 0, "{}: committed twice", path_.string());
  sync_fd(fd_, path_);
  const int fd = fd_;
  fd_ = -1;
  // After EINTR Linux has closed the descriptor; the content is already on the disk.
  if (::close(fd) != 0 && errno != EINTR) {
    fail_io("close", path_, errno);
  }
}

void AtomicFile::publish() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_io("rename", path_, errno);
  }
  temporary_.clear();
  sync_folder(folder_of(path_));
}

void AtomicFile::commit() {
  make_durable();
  publish();
}

void AtomicFile::commit_keeping(const fs::path& previous) {
  make_durable();
  const fs::path link = temporary_for(previous);
  ::unlink(link.c_str());
  if (::link(path_.c_str(), link.c_str()) == 0) {
    if (::rename(link.c_str(), previous.c_str()) != 0) {
      const int code = errno;
      ::unlink(link.c_str());
      fail_io("rename", previous, code);
    }
    // rename does nothing when both names are already one file (a kill between the two renames of a save).
    ::unlink(link.c_str());
  } else if (errno != ENOENT && ::rename(path_.c_str(), previous.c_str()) != 0) {
    fail_io("rename", previous, errno);
  }
  publish();
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void write_fully(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // Linux moves less than 2 GiB in one call
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), kMost));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      fail_io("write", path, n < 0 ? errno : ENOSPC);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const int fd = retry_open(path, O_RDONLY | O_NONBLOCK, 0);
  if (fd < 0) {
    fail(ErrorKind::kData, "{}: cannot be opened: {}", path.string(), reason(errno));
  }
  struct stat info {};
  std::string text;
  std::string problem;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    problem = "is not a regular file";
  } else if (static_cast<std::uint64_t>(info.st_size) > limit) {
    problem = fmt::format("has {} bytes, more than the {} allowed", info.st_size, limit);
  } else {
    text.resize(static_cast<std::size_t>(info.st_size));
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t n = ::read(fd, text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) {
        continue;
      }
      if (n < 0) {
        problem = "cannot be read: " + reason(errno);
      }
      if (n <= 0) {
        break;
      }
      done += static_cast<std::size_t>(n);
    }
    text.resize(done);
  }
  ::close(fd);
  if (!problem.empty()) {
    fail(ErrorKind::kData, "{}: {}", path.string(), problem);
  }
  return text;
}

void require_free_space(const fs::path& folder, std::uint64_t bytes) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) {
    fail_io("asking for the free space", folder, errno);
  }
  const auto free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  if (free < bytes) {
    fail(ErrorKind::kIo, "{}: {:.1f} MiB free, {:.1f} MiB needed", folder.string(),
         static_cast<double>(free) / 1048576.0, static_cast<double>(bytes) / 1048576.0);
  }
}

int remove_stale_temporaries(const fs::path& folder) {
  std::error_code error;
  int removed = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const pid_t pid = temporary_owner(it->path().filename().string());
    if (pid < 0) {
      continue;
    }
    const bool dead = ::kill(pid, 0) != 0 && errno == ESRCH;
    if ((dead || pid == ::getpid()) && ::unlink(it->path().c_str()) == 0) {
      ++removed;
    }
  }
  return removed;
}

}  // namespace selfsame
