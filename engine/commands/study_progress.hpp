// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "engine/run/duration.hpp"
#include "engine/run/progress.hpp"

namespace selfsame {

/// One redrawn line on a terminal, else a line now and then.
class StudyProgress {
 public:
  StudyProgress() : terminal_(progress_options(STDOUT_FILENO).terminal) {}
  /// @param done, total  in units of about the same time; `before` of them were done when this process began
  void show(double done, double total, double before = 0, std::string_view text_after = {}) {
    const auto now = Clock::now();
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(15000))) {
      return;
    }
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = (done - before) / seconds;
    std::string text = fmt::format("{:5.1f} %{}", 100 * done / total, text_after);
    if (rate > 0) {
      text += fmt::format(" | ETA {}", format_duration((total - done) / rate));
    }
    fmt::print("{}{}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
    std::fflush(stdout);
    open_ = terminal_;
  }
  /// A line of its own, above the progress.
  void message(std::string_view text) {
    finish();
    fmt::print("{}\n", text);
    std::fflush(stdout);
  }
  void finish() {
    if (open_) {
      fmt::print("\r\x1b[K");
      std::fflush(stdout);
    }
    open_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_, open_ = false;
  Clock::time_point start_ = Clock::now(), shown_ = start_;
};

}  // namespace selfsame
