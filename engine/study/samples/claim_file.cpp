// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/claim_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <span>
#include <system_error>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail_io(const fs::path& path, const char* problem, int code) {
  fail(ErrorKind::kIo, "{}: {}: {}", path.string(), problem, std::system_category().message(code));
}

/// An open file that closes itself; -1 where open failed, with the reason in errno.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) {
    do {
      fd_ = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0666);
    } while (fd_ < 0 && errno == EINTR);
  }
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  /// A network file system may report only now that nothing could be written. After EINTR it is closed.
  [[nodiscard]] bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0 || errno == EINTR;
  }

 private:
  int fd_ = -1;
};

/// ESTALE: the file went away on the server between the look-up and the use.
void fail_unless_absent(const fs::path& path, const char* problem, int code) {
  if (code != ENOENT && code != ESTALE) {
    fail_io(path, problem, code);
  }
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// The file behind a descriptor; nullopt if it went away.
std::optional<ClaimFile> read_open_file(int fd, const fs::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    fail_unless_absent(path, "cannot be examined", errno);
    return std::nullopt;
  }
  ClaimFile file{.inode = info.st_ino, .modified = nanoseconds(info.st_mtim), .content = ""};
  file.content.resize(kLongestClaim);
  std::size_t done = 0;
  while (done < kLongestClaim) {
    const ssize_t n = ::read(fd, file.content.data() + done, kLongestClaim - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      fail_unless_absent(path, "cannot be read", errno);
      return std::nullopt;
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  file.content.resize(done);
  return file;
}

/// False if there is a file of that name. @param named  in errors
bool create_with_content(const fs::path& path, std::string_view content, const fs::path& named) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) {
    if (errno == EEXIST) {
      return false;
    }
    fail_io(named, "cannot be created", errno);
  }
  try {
    write_fully(file.fd(), std::as_bytes(std::span(content)), named);
    if (!file.close()) {
      fail_io(named, "cannot be written", errno);
    }
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return true;
}

/// Gives a file that was taken away by mistake its name again.
void put_back(const fs::path& taken, const fs::path& path) {
  // link and not rename: a claim that was made in between must not be overwritten.
  if (::link(taken.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    ::rename(taken.c_str(), path.c_str());  // a file system without hard links
  }
  ::unlink(taken.c_str());
}

}  // namespace

bool create_claim_file(const fs::path& path, std::string_view content) {
  // Complete before it has its name: a process that is killed in between leaves no claim without an owner.
  const fs::path whole = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), random_token());
  static_cast<void>(create_with_content(whole, content, path));
  struct stat info {};
  const bool linked = ::link(whole.c_str(), path.c_str()) == 0;
  const int code = errno;
  // A server may have made the link and its answer been lost: the number of links knows.
  const bool made = linked || (::stat(whole.c_str(), &info) == 0 && info.st_nlink == 2);
  ::unlink(whole.c_str());
  if (made || code == EEXIST) {
    return made;
  }
  return create_with_content(path, content, path);  // a file system without hard links
}

std::optional<ClaimFile> read_claim_file(const fs::path& path) {
  // open, and not stat: it asks the server, where a stat may come from a client's cache.
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  if (file.fd() < 0) {
    fail_unless_absent(path, "cannot be opened", errno);
    return std::nullopt;
  }
  return read_open_file(file.fd(), path);
}

bool remove_claim_file(const fs::path& path, const ClaimFile& found) {
  const fs::path taken = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), random_token());
  if (::rename(path.c_str(), taken.c_str()) != 0) {
    fail_unless_absent(path, "cannot be renamed", errno);
    return false;
  }
  std::optional<ClaimFile> got;
  try {
    got = read_claim_file(taken);
  } catch (...) {
    put_back(taken, path);
    throw;
  }
  if (got != found) {
    put_back(taken, path);
    return false;
  }
  ::unlink(taken.c_str());
  return true;
}

TouchResult touch_claim_file(const fs::path& path, std::string_view content) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  if (file.fd() < 0) {
    fail_unless_absent(path, "cannot be opened", errno);
    return TouchResult::kAbsent;
  }
  const std::optional<ClaimFile> found = read_open_file(file.fd(), path);
  if (!found) {
    return TouchResult::kAbsent;
  }
  if (found->content != content) {
    return TouchResult::kOther;
  }
  if (::futimens(file.fd(), nullptr) != 0) {  // null: the time of the server, not of this machine
    fail_io(path, "its time cannot be set", errno);
  }
  return TouchResult::kTouched;
}

std::int64_t file_system_now(const fs::path& folder) {
  const fs::path path = folder / (".clock." + random_token());
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) {
    fail_io(path, "cannot be created", errno);
  }
  struct stat info {};
  // The time is set once more because the creation itself may have left something else there (NFS 3).
  const int result = ::futimens(file.fd(), nullptr) == 0 ? ::fstat(file.fd(), &info) : -1;
  const int code = errno;
  ::unlink(path.c_str());
  if (result != 0) {
    fail_io(path, "cannot be examined", code);
  }
  return nanoseconds(info.st_mtim);
}

std::string random_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) {
    token += fmt::format("{:08x}", random());
  }
  return token;
}

}  // namespace selfsame
