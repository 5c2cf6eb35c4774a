// SPDX-License-Identifier: Apache-2.0
#include "mri/files/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {

// O_NONBLOCK: opening a named pipe must not wait for a writer before it is refused.
InputFile::InputFile(std::string path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) {
    fail(ErrorKind::kData, "{}: cannot open: {}", path_, std::strerror(errno));
  }
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    const int error = errno;
    ::close(descriptor_);
    fail(ErrorKind::kData, "{}: {}", path_, known ? "is not a regular file" : std::strerror(error));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

std::size_t InputFile::read_some(void* out, std::uint64_t offset, std::size_t bytes) const noexcept {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n =
        ::pread(descriptor_, static_cast<char*>(out) + done, bytes - done, static_cast<off_t>(offset + done));
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      break;
    }
  }
  return done;
}

void InputFile::read_at(void* out, std::uint64_t offset, std::size_t bytes) const {
  errno = 0;
  const std::size_t got = read_some(out, offset, bytes);
  if (got != bytes) {
    fail(ErrorKind::kData, "{}: read {} of {} bytes at offset {}: {}", path_, got, bytes, offset,
         errno != 0 ? std::strerror(errno) : "the file ends there");
  }
}

std::pair<const unsigned char*, std::size_t> ByteStream::next_block() noexcept {
  const std::size_t n = file_.read_some(block_.data(), offset_, block_.size());
  offset_ += n;
  begin_ = 0;
  end_ = n;
  return {block_.data(), n};
}

std::size_t ByteStream::read(unsigned char* out, std::size_t bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes) {
    if (begin_ == end_ && next_block().second == 0) {
      break;
    }
    const std::size_t n = std::min(bytes - done, end_ - begin_);
    std::memcpy(out + done, block_.data() + begin_, n);
    begin_ += n;
    done += n;
  }
  return done;
}

}  // namespace selfsame
