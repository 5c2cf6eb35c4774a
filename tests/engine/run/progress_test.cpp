// SPDX-License-Identifier: Apache-2.0
#include "engine/run/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

/// A progress display with a clock of its own and its output in a string.
struct Screen {
  double now = 100;
  std::string output;
  ProgressOptions options;
  explicit Screen(bool terminal) {
    options.terminal = terminal;
    options.write = [this](std::string_view text) { output += text; };
    options.clock = [this] { return now; };
  }
  /// Steps first..last, `seconds` each.
  void run(Progress& progress, std::int64_t first, std::int64_t last, double seconds) {
    for (std::int64_t step = first; step <= last; ++step) {
      now += seconds;
      progress.update({step, 0.01234, 3e-4, 16});
    }
  }
  [[nodiscard]] long count(char c) const { return std::count(output.begin(), output.end(), c); }
};

TEST(Progress, PlainLinesComeEveryThirtySeconds) {
  Screen screen(false);
  Progress progress(screen.options, 1000000, 0);
  screen.run(progress, 1, 600, 0.5);  // 300 s, far less than one percent
  EXPECT_EQ(screen.count('\n'), 10);  // after 0.5 s, 30.5 s, ... 270.5 s
  EXPECT_EQ(screen.count('\x1b') + screen.count('\r'), 0);
}

TEST(Progress, PlainLinesComeEveryPercentOfAShortRun) {
  Screen screen(false);
  Progress progress(screen.options, 1000, 0);
  screen.run(progress, 1, 1000, 0.2);  // 200 s: one percent is 2 s
  EXPECT_EQ(screen.count('\n'), 100);
}

TEST(Progress, PlainLinesOfAVeryShortRunAreAtMostOnePerSecond) {
  Screen screen(false);
  {
    Progress progress(screen.options, 1000, 0);
    screen.run(progress, 1, 1000, 0.005);  // 5 s
  }
  EXPECT_LE(screen.count('\n'), 7);
  EXPECT_NE(screen.output.find("step 1000/1000 100.0 %"), std::string::npos)
      << "the last step is always shown";
}

TEST(Progress, PlainLinesEverySoManyStepsWhenAsked) {
  Screen screen(false);
  screen.options.log_steps = 50;
  Progress progress(screen.options, 1000, 0);
  screen.run(progress, 1, 1000, 0.001);
  EXPECT_EQ(screen.count('\n'), 20);
  EXPECT_TRUE(screen.output.starts_with("step 50/1000  5.0 % | loss 0.01234 | lr 0.0003 | "))
      << screen.output;
}

TEST(Progress, ATerminalLineIsRedrawnAtMostTenTimesASecond) {
  Screen screen(true);
  Progress progress(screen.options, 100000, 0);
  screen.run(progress, 1, 5000, 0.001);  // 5 s
  EXPECT_LE(screen.count('\r'), 51);
  EXPECT_GE(screen.count('\r'), 45);
  EXPECT_EQ(screen.count('\n'), 0);
  progress.finish();
  EXPECT_EQ(screen.count('\n'), 1);
  const auto size = screen.output.size();
  progress.finish();
  screen.run(progress, 5001, 5001, 1);
  EXPECT_EQ(screen.output.size(), size);
}

TEST(Progress, ATerminalLineNeverWraps) {
  for (const int width : {1, 20, 40, 200}) {
    Screen screen(true);
    screen.options.width = width;
    Progress progress(screen.options, 100000, 0);
    screen.run(progress, 1, 1, 1);
    const std::string line = screen.output.substr(screen.output.find("\x1b[K") + 3);
    EXPECT_LE(line.size(), static_cast<std::size_t>(std::max(width - 1, 1)));
  }
}

TEST(Progress, MessagesStandAboveTheLine) {
  Screen screen(true);
  Progress progress(screen.options, 100, 0);
  progress.message("start");
  screen.run(progress, 1, 1, 1);
  screen.output.clear();
  progress.message("saved");
  EXPECT_TRUE(screen.output.starts_with("\r\x1b[Ksaved\n\r\x1b[Kstep 1/100")) << screen.output;
}

TEST(Progress, ColoursOnlyWhenAllowed) {
  for (const bool colour : {false, true}) {
    Screen screen(true);
    screen.options.colour = colour;
    Progress progress(screen.options, 100, 0);
    screen.run(progress, 1, 1, 1);
    EXPECT_EQ(screen.output.find("\x1b[1m") != std::string::npos, colour);
  }
}

TEST(Progress, EtaAndSpeedComeFromTheStepTime) {
  Screen screen(false);
  screen.options.log_steps = 100;
  Progress progress(screen.options, 7200, 0);
  screen.run(progress, 1, 100, 0.5);
  EXPECT_NE(screen.output.find("| 32.0 img/s | ETA 00:59:10"), std::string::npos) << screen.output;
}

TEST(Progress, AResumedRunCountsOnlyItsOwnSteps) {
  Screen screen(false);
  screen.options.log_steps = 10;
  Progress progress(screen.options, 1000, 900);
  screen.run(progress, 901, 910, 1.0);
  EXPECT_NE(screen.output.find("step 910/1000 91.0 %"), std::string::npos) << screen.output;
  EXPECT_NE(screen.output.find("ETA 00:01:30"), std::string::npos) << screen.output;
}

TEST(StepRate, CountsRegularPausesAndNotASuspendedMachine) {
  StepRate rate;
  EXPECT_EQ(rate.seconds_per_step(), 0);
  for (int i = 0; i < 256; ++i) {
    rate.add(i % 32 == 0 ? 0.9 : 0.1, 1);
  }
  EXPECT_NEAR(rate.seconds_per_step(), 0.125, 1e-12);
  rate.add(3600, 1);  // capped at 50 medians: replaces an update of 0.9 s
  EXPECT_NEAR(rate.seconds_per_step(), 0.125 + (50 * 0.1 - 0.9) / 256, 1e-12);
}

TEST(ProgressOptions, AFileIsNoTerminal) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const ProgressOptions options = progress_options(ends[1]);
  EXPECT_FALSE(options.terminal);
  EXPECT_FALSE(options.colour);
  options.write("text");
  char buffer[8];
  EXPECT_EQ(::read(ends[0], buffer, sizeof buffer), 4);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_GE(options.clock(), 0);
}

TEST(ProgressOptions, ATerminalHonoursNoColorAndTerm) {
  const int main_end = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (main_end < 0 || ::grantpt(main_end) != 0 || ::unlockpt(main_end) != 0) {
    GTEST_SKIP() << "no pseudo-terminal here";
  }
  const int fd = ::open(::ptsname(main_end), O_RDWR | O_NOCTTY);
  ASSERT_GE(fd, 0);
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(progress_options(fd).terminal);
  EXPECT_TRUE(progress_options(fd).colour);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(progress_options(fd).terminal);
  EXPECT_FALSE(progress_options(fd).colour);
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(progress_options(fd).terminal);
  ::unsetenv("NO_COLOR");
  ::close(fd);
  ::close(main_end);
}

}  // namespace
}  // namespace selfsame
