// SPDX-License-Identifier: Apache-2.0
#include "engine/run/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "engine/run/duration.hpp"

namespace selfsame {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kPlainSeconds = 1.0;
constexpr double kCap = 50;

/// Errors are ignored: a closed terminal must not end a run.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void StepRate::add(double seconds, std::int64_t steps) {
  if (steps > 0 && seconds >= 0) {
    ring_[count_ % ring_.size()] = seconds / static_cast<double>(steps);
    ++count_;
  }
}

double StepRate::seconds_per_step() const {
  const std::size_t n = std::min(count_, ring_.size());
  if (n == 0) {
    return 0;
  }
  std::array<double, 256> sorted = ring_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(n / 2);
  std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(n));
  const double most = kCap * *middle;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum += std::min(ring_[i], most);
  }
  return sum / static_cast<double>(n);
}

ProgressOptions progress_options(int fd) {
  ProgressOptions options;
  const char* term = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  options.terminal = ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
  options.colour = options.terminal && (no_colour == nullptr || *no_colour == '\0');
  winsize size{};
  if (options.terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.width = size.ws_col;
  }
  options.write = [fd](std::string_view text) { write_all(fd, text); };
  options.clock = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  return options;
}

Progress::Progress(ProgressOptions options, std::int64_t total_steps, std::int64_t steps_done)
    : options_(std::move(options)), total_(total_steps), step_(steps_done), shown_step_(steps_done) {
  updated_at_ = options_.clock();
  shown_at_ = -std::numeric_limits<double>::infinity();  // the first step is shown at once
}

Progress::~Progress() { finish(); }

void Progress::update(const StepStatus& status) {
  if (finished_) {
    return;
  }
  const double now = options_.clock();
  rate_.add(now - updated_at_, status.step - step_);
  updated_at_ = now;
  step_ = status.step;
  status_ = status;
  if (due(now)) {
    show(now);
  }
}

bool Progress::due(double now) const {
  if (options_.terminal) {
    return now - shown_at_ >= kRedrawSeconds;
  }
  const std::int64_t steps = step_ - shown_step_;
  if (options_.log_steps > 0) {
    return steps >= options_.log_steps;
  }
  const bool far = static_cast<double>(steps) * 100 >= options_.log_percent * static_cast<double>(total_);
  return now - shown_at_ >= options_.log_seconds || (far && now - shown_at_ >= kPlainSeconds);
}

std::string Progress::text() const {
  const double per_step = rate_.seconds_per_step();
  const double percent = total_ > 0 ? 100.0 * static_cast<double>(step_) / static_cast<double>(total_) : 0;
  const double images = per_step > 0 ? static_cast<double>(status_.images) / per_step : 0;
  const double left =
      per_step > 0 ? per_step * static_cast<double>(std::max<std::int64_t>(total_ - step_, 0)) : -1;
  return fmt::format("step {}/{} {:4.1f} % | loss {:.4g} | lr {:.2g} | {:.{}f} img/s | ETA {}", step_, total_,
                     percent, status_.loss, status_.learning_rate, images, images < 100 ? 1 : 0,
                     step_ >= total_ ? format_duration(0) : format_duration(left));
}

void Progress::show(double now) {
  shown_at_ = now;
  shown_step_ = step_;
  std::string line = text();
  if (!options_.terminal) {
    emit(line + "\n");
    return;
  }
  // One column less than the terminal has: a full line would wrap and could not be redrawn.
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(options_.width - 1, 1))));
  const std::size_t bar = line.find(" |");
  if (options_.colour && bar != std::string::npos) {
    line = fmt::format("\x1b[1m{}\x1b[0m{}", line.substr(0, bar), line.substr(bar));
  }
  emit("\r\x1b[K" + line);
  line_open_ = true;
}

void Progress::message(std::string_view message_text) {
  if (options_.terminal && line_open_) {
    emit(fmt::format("\r\x1b[K{}\n", message_text));
    show(options_.clock());
  } else {
    emit(fmt::format("{}\n", message_text));
  }
}

void Progress::finish() {
  if (finished_) {
    return;
  }
  finished_ = true;
  if (status_.step > 0 && shown_step_ != step_) {
    show(options_.clock());
  }
  if (line_open_) {
    emit("\n");
    line_open_ = false;
  }
}

void Progress::emit(std::string_view out) const { options_.write(out); }

}  // namespace selfsame
