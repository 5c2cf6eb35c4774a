// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace selfsame {

/// Seconds per step that neither a suspended machine nor one slow step can distort, and that still counts
/// regular pauses such as validation: the mean over the last 256 updates, each capped at 50 times their
/// median.
class StepRate {
 public:
  void add(double seconds, std::int64_t steps);
  [[nodiscard]] double seconds_per_step() const;  ///< 0 before the first update

 private:
  std::array<double, 256> ring_{};
  std::size_t count_ = 0;
};

struct ProgressOptions {
  bool terminal = false;       ///< one redrawn line; otherwise plain lines
  bool colour = false;         ///< only on a terminal
  int width = 80;              ///< columns of the terminal
  double log_seconds = 30;     ///< plain: a line after so long
  double log_percent = 1;      ///< plain: or after so much of the run, but at most one per second
  std::int64_t log_steps = 0;  ///< plain: if above 0, a line every so many steps instead
  std::function<void(std::string_view)> write;  ///< where the text goes
  std::function<double()> clock;                ///< seconds; monotonic
};

/// Options for a file descriptor: a terminal is recognised with isatty and TERM (not "dumb"), colours are off
/// when NO_COLOR is set and not empty, the width is asked of the terminal.
[[nodiscard]] ProgressOptions progress_options(int fd);

struct StepStatus {
  std::int64_t step = 0;  ///< 1-based, finished
  double loss = 0;
  double learning_rate = 0;
  std::int64_t images = 0;  ///< of this step
};

/// The progress of a run: on a terminal one line redrawn at most 10 times per second,
///   step 1200/50000  2.4 % | loss 0.0123 | lr 3.0e-04 | 812 img/s | ETA 01:12:30
/// elsewhere the same text as plain lines without escape codes.
class Progress {
 public:
  Progress(ProgressOptions options, std::int64_t total_steps, std::int64_t steps_done);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(const StepStatus& status);
  /// A line of its own: above the progress line on a terminal.
  void message(std::string_view text);
  /// Shows the last status and ends the line; later updates are ignored.
  void finish();

 private:
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool due(double now) const;
  void show(double now);
  void emit(std::string_view text) const;

  ProgressOptions options_;
  std::int64_t total_;
  std::int64_t step_;
  std::int64_t shown_step_;
  double updated_at_;
  double shown_at_;
  StepStatus status_;
  StepRate rate_;
  bool line_open_ = false;
  bool finished_ = false;
};

}  // namespace selfsame
