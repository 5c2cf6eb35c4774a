// SPDX-License-Identifier: Apache-2.0
#include "engine/run/stop_request.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "engine/run/exit_code.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::array<int, 4> kSignals{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

std::atomic<int> g_cause{0};
std::atomic<int> g_interrupts{0};
std::atomic<bool> g_save{false};
std::atomic<bool> g_installed{false};
std::atomic<pid_t> g_owner{0};
std::array<struct sigaction, kSignals.size()> g_old;

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
                  std::atomic<pid_t>::is_always_lock_free,
              "a signal handler may not wait for a lock");

void set_cause(StopCause cause) {
  int none = 0;
  g_cause.compare_exchange_strong(none, static_cast<int>(cause));
}

void handle(int signal_number) {
  const int saved_errno = errno;
  if (::getpid() != g_owner.load()) {
    ::signal(signal_number, SIG_DFL);
    ::raise(signal_number);
    errno = saved_errno;
    return;
  }
  if (signal_number == SIGUSR2) {
    g_save.store(true);
  } else if (signal_number == SIGINT) {
    if (g_interrupts.fetch_add(1) > 0) {
      ::_exit(kExitInterrupted);
    }
    set_cause(StopCause::kInterrupt);
  } else {
    set_cause(signal_number == SIGTERM ? StopCause::kTerminate : StopCause::kUser1);
  }
  errno = saved_errno;
}

}  // namespace

StopRequest::StopRequest() {
  SELFSAME_CHECK(!g_installed.exchange(true), "a second StopRequest");
  g_cause.store(0);
  g_interrupts.store(0);
  g_save.store(false);
  g_owner.store(::getpid());
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &g_old[i]);
  }
}

StopRequest::~StopRequest() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &g_old[i], nullptr);
  }
  g_installed.store(false);
}

StopCause StopRequest::cause() const { return static_cast<StopCause>(g_cause.load()); }

bool StopRequest::take_save_request() { return g_save.exchange(false); }

void StopRequest::request(StopCause cause) { set_cause(cause); }

int StopRequest::exit_code() const {
  switch (cause()) {
    case StopCause::kNone:
      return kExitDone;
    case StopCause::kInterrupt:
      return kExitInterrupted;
    default:
      return kExitPreempted;
  }
}

const char* StopRequest::reason() const {
  switch (cause()) {
    case StopCause::kNone:
      return "none";
    case StopCause::kInterrupt:
      return "SIGINT";
    case StopCause::kTerminate:
      return "SIGTERM";
    case StopCause::kUser1:
      return "SIGUSR1";
    case StopCause::kTimeLimit:
      return "time limit";
  }
  return "none";
}

}  // namespace selfsame
