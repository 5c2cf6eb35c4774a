// SPDX-License-Identifier: Apache-2.0
#include "mri/files/isolated_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace selfsame {
namespace {

IsolatedResult shell(const std::string& command, const IsolatedLimits& limits = {20, 1 << 20}) {
  return run_isolated("/bin/sh", {"-c", command}, limits);
}

double seconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(IsolatedProcess, ReturnsTheOutput) {
  const IsolatedResult result = shell("printf 'a\\0b'; echo lost >&2");
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.output, std::string("a\0b", 3));
  EXPECT_EQ(shell("head -c 1000000 /dev/zero").output.size(), 1000000u);
}

TEST(IsolatedProcess, ACrashIsAFailureThatIsNamed) {
  EXPECT_NE(shell("echo part; kill -SEGV $$").failure.find("crashed"), std::string::npos);
  EXPECT_EQ(shell("echo part; kill -SEGV $$").output, "");
  EXPECT_NE(shell("kill -ABRT $$").failure.find("crashed"), std::string::npos);
  EXPECT_EQ(shell("exit 3").failure, "exit code 3");
  EXPECT_EQ(shell("kill -ALRM $$").failure, "no end within its time");
}

TEST(IsolatedProcess, AHangEndsAtTheDeadline) {
  // Asleep with its output open, asleep with it closed, and writing for ever but slowly.
  for (const char* command :
       {"exec sleep 60", "exec >&-; exec sleep 60", "while :; do echo x; sleep 0.05; done"}) {
    IsolatedResult result;
    const double seconds = seconds_of([&] { result = shell(command, {0.5, 1 << 20}); });
    EXPECT_TRUE(result.failure.starts_with("no end within")) << command << ": " << result.failure;
    EXPECT_GE(seconds, 0.5) << command;
    EXPECT_LT(seconds, 10) << command;
  }
}

TEST(IsolatedProcess, OutputWithoutEndIsCut) {
  const IsolatedResult result = shell("exec cat /dev/zero", {20, 100000});
  EXPECT_EQ(result.failure, "more than 100000 bytes of output");
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(shell("head -c 100000 /dev/zero", {20, 100000}).failure, "");
}

TEST(IsolatedProcess, AProgramThatIsNotThereIsNamed) {
  const IsolatedResult result = run_isolated("/no/such/program", {}, {10, 10});
  EXPECT_NE(result.failure.find("/no/such/program"), std::string::npos) << result.failure;
}

TEST(IsolatedProcess, InheritsNothingButItsOutput) {
  const int open = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(open, 0);
  EXPECT_EQ(run_isolated("/bin/ls", {"/proc/self/fd"}, {20, 1000}).output, "0\n1\n2\n3\n")
      << "3 is the folder";
  ::close(open);
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  EXPECT_NE(shell("kill -TERM $$; echo still here").failure.find("Terminated"), std::string::npos);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(IsolatedProcess, LeavesNoProcessAndNoDescriptorBehind) {
  const auto descriptors = [] {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) {
      count += ::fcntl(fd, F_GETFD) >= 0;
    }
    return count;
  };
  const int before = descriptors();
  for (const char* command : {"exit 0", "exit 1", "kill -KILL $$", "exec cat /dev/zero", "exec sleep 60"}) {
    (void)shell(command, {0.2, 1000});
  }
  EXPECT_EQ(descriptors(), before);
  const std::string children = shell("exec ps -o stat= --ppid " + std::to_string(::getpid())).output;
  EXPECT_EQ(children.find('Z'), std::string::npos) << "zombies: " << children;
}

TEST(IsolatedProcess, ManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<int> right(8, 0);
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string word = std::to_string(1000 * t + static_cast<std::size_t>(i));
        right[t] += run_isolated("/bin/echo", {word}, {20, 100}).output == word + "\n";
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const int count : right) {
    EXPECT_EQ(count, 20);
  }
}

}  // namespace
}  // namespace selfsame
