// SPDX-License-Identifier: Apache-2.0
#include "engine/run/stop_request.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// Runs `body` in a child and returns its exit status, or 1000 + the signal that ended it.
template <typename F>
int status_of_child(F body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(StopRequest, EverySignalHasItsCauseAndExitCode) {
  const struct {
    int signal_number;
    StopCause cause;
    int exit_code;
    const char* reason;
  } cases[] = {{SIGINT, StopCause::kInterrupt, 130, "SIGINT"},
               {SIGTERM, StopCause::kTerminate, 75, "SIGTERM"},
               {SIGUSR1, StopCause::kUser1, 75, "SIGUSR1"}};
  for (const auto& c : cases) {
    StopRequest stop;
    EXPECT_FALSE(stop.requested());
    EXPECT_EQ(stop.exit_code(), 0);
    ::raise(c.signal_number);
    EXPECT_TRUE(stop.requested());
    EXPECT_EQ(stop.cause(), c.cause);
    EXPECT_EQ(stop.exit_code(), c.exit_code);
    EXPECT_STREQ(stop.reason(), c.reason);
  }
}

TEST(StopRequest, TheFirstCauseStays) {
  StopRequest stop;
  stop.request(StopCause::kTimeLimit);
  ::raise(SIGTERM);
  ::raise(SIGINT);
  EXPECT_EQ(stop.cause(), StopCause::kTimeLimit);
  EXPECT_EQ(stop.exit_code(), 75);
}

TEST(StopRequest, User2AsksOnceForASaveAndDoesNotStop) {
  StopRequest stop;
  EXPECT_FALSE(stop.take_save_request());
  ::raise(SIGUSR2);
  ::raise(SIGUSR2);
  EXPECT_TRUE(stop.take_save_request());
  EXPECT_FALSE(stop.take_save_request());
  EXPECT_FALSE(stop.requested());
}

TEST(StopRequest, ASecondInterruptEndsTheProcessAtOnceWith130) {
  const int status = status_of_child([] {
    StopRequest stop;
    ::raise(SIGINT);
    if (stop.cause() != StopCause::kInterrupt) {
      return 1;
    }
    ::raise(SIGINT);
    return 2;
  });
  EXPECT_EQ(status, 130);
}

TEST(StopRequest, AForkedChildDiesOfTheSignal) {
  StopRequest stop;
  EXPECT_EQ(status_of_child([] {
              ::raise(SIGTERM);
              return 0;
            }),
            1000 + SIGTERM);
  EXPECT_FALSE(stop.requested());
}

TEST(StopRequest, RestoresTheHandlersAndIsAlone) {
  EXPECT_EQ(status_of_child([] {
              { const StopRequest stop; }
              ::raise(SIGUSR1);
              return 0;
            }),
            1000 + SIGUSR1);
  const StopRequest stop;
  EXPECT_THROW(StopRequest another, Error);
}

TEST(StopRequest, InterruptsNoSystemCall) {
  EXPECT_EQ(status_of_child([] {
              StopRequest stop;
              int ends[2];
              if (::pipe(ends) != 0) {
                return 1;
              }
              const pid_t parent = ::getpid();
              if (::fork() == 0) {
                ::usleep(50000);
                ::kill(parent, SIGTERM);
                ::usleep(50000);
                const char c = 'x';
                ::_exit(::write(ends[1], &c, 1) == 1 ? 0 : 1);
              }
              char c = 0;
              return ::read(ends[0], &c, 1) == 1 && stop.requested() ? 7 : 2;
            }),
            7);
}

}  // namespace
}  // namespace selfsame
