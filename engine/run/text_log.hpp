// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string_view>

namespace selfsame {

/// log.txt: lines with local date and time, appended, each one write(). A log never stops a run: after a
/// failed write `failed()` is true and nothing is thrown.
class TextLog {
 public:
  /// Errors: Error(kIo) if the file cannot be opened.
  explicit TextLog(const std::filesystem::path& path);
  ~TextLog();
  TextLog(const TextLog&) = delete;
  TextLog& operator=(const TextLog&) = delete;

  void line(std::string_view text);
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  int fd_ = -1;
  bool failed_ = false;
};

}  // namespace selfsame
