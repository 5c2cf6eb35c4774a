// SPDX-License-Identifier: Apache-2.0
#include "mri/files/atomic_write.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

// What a file created by open(2) with mode 0666 would get; mkostemp makes it private.
mode_t default_mode() {
  const mode_t mask = ::umask(022);
  ::umask(mask);
  return static_cast<mode_t>(0666 & ~mask);
}

}  // namespace

AtomicWriter::AtomicWriter(std::string path) : path_(std::move(path)), temporary_(path_ + ".tmp-XXXXXX") {
  static const mode_t mode = default_mode();
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    fail_with_errno("create a temporary file beside it");
  }
  ::fchmod(descriptor_, mode);
}

AtomicWriter::~AtomicWriter() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicWriter::fail_with_errno(const char* action) const {
  fail(ErrorKind::kIo, "{}: cannot {}: {}", path_, action, std::strerror(errno));
}

void AtomicWriter::write(std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n < 0 && errno != EINTR) {
      fail_with_errno("write");
    }
  }
}

void AtomicWriter::commit() {
  SELFSAME_CHECK(descriptor_ >= 0, "{} is already committed", path_);
  if (::fsync(descriptor_) != 0) {
    fail_with_errno("flush to disk");
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_with_errno("rename into place");
  }
  const int written = std::exchange(descriptor_, -1);
  if (::close(written) != 0) {
    fail_with_errno("close");
  }
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = folder >= 0 && (::fsync(folder) == 0 || errno == EINVAL);
  if (folder >= 0) {
    ::close(folder);
  }
  if (!durable) {
    fail_with_errno("flush its folder to disk");
  }
}

void write_bytes_atomically(const std::string& path, std::span<const std::byte> bytes) {
  AtomicWriter file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace selfsame
