// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "kernels/base/function_ref.hpp"

namespace selfsame {

/// Runs numbered units of work on a fixed number of threads, the caller's among them. A unit's result must
/// depend on its number only, never on which thread runs it or how many there are: that is what makes every
/// result of the engine the same for 1, 2 and 4 threads. Units are claimed one at a time, so a thread that
/// loses its core to another process delays one unit and not the whole step.
///
/// Idle workers spin for some microseconds, then sleep; no allocation per call. Not reentrant: a unit must
/// not call `run`. An exception in a unit is rethrown by `run` after all threads stopped.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);  ///< 0 = all cores this process may use
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls unit(i, thread) for every i in [0, count); `thread` in [0, threads()) is for scratch memory only.
  void run(std::int64_t count, FunctionRef<void(std::int64_t, int)> unit);

 private:
  void work(int thread);
  void claim_units(int thread);

  std::vector<std::thread> workers_;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<int> busy_{0};
  std::atomic<std::int64_t> next_{0};
  std::int64_t count_ = 0;
  const FunctionRef<void(std::int64_t, int)>* unit_ = nullptr;
  std::atomic<bool> stop_{false}, failed_{false};
  std::exception_ptr error_;
};

}  // namespace selfsame
