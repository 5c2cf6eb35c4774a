// SPDX-License-Identifier: Apache-2.0
#include "engine/run/text_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>
#include <system_error>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {

TextLog::TextLog(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (fd_ < 0) {
    fail(ErrorKind::kIo, "{}: cannot be opened: {}", path.string(), std::system_category().message(errno));
  }
}

TextLog::~TextLog() { ::close(fd_); }

void TextLog::line(std::string_view text) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S ", &local);
  std::string line = stamp;
  line += text;
  line += '\n';
  try {
    write_fully(fd_, std::as_bytes(std::span(line)), "log");
  } catch (const Error&) {
    failed_ = true;
  }
}

}  // namespace selfsame
