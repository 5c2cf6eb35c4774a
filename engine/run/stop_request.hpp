// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfsame {

enum class StopCause { kNone, kInterrupt, kTerminate, kUser1, kTimeLimit };

/// How a run is asked to stop. While one lives, SIGINT, SIGTERM and SIGUSR1 only set a flag that the trainer
/// reads after each step, so that it can save and leave; a second SIGINT ends the process at once with exit
/// code 130; SIGUSR2 asks for a checkpoint without stopping. The handlers only touch lock-free atomics. A
/// forked child that gets such a signal dies of it as if there were no handler. At most one exists; the
/// destructor restores what was.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  [[nodiscard]] bool requested() const { return cause() != StopCause::kNone; }
  [[nodiscard]] StopCause cause() const;  ///< of the first request
  /// True once for every SIGUSR2 since the last call (several in between count as one).
  [[nodiscard]] bool take_save_request();
  /// A request by the program itself, e.g. when --max-time is used up. A first cause stays.
  void request(StopCause cause);

  /// 130 after SIGINT, 75 after any other request, 0 without one.
  [[nodiscard]] int exit_code() const;
  /// "SIGTERM", "time limit", ...: for the marker file and the log.
  [[nodiscard]] const char* reason() const;
};

}  // namespace selfsame
