// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/thread_pool.hpp"

#include <sched.h>

#include <exception>

#include "kernels/base/error.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace selfsame {
namespace {

constexpr int kSpins = 4000;  // about 50 us of pauses: longer than the gap between two ops of a step

void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    return CPU_COUNT(&set);
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

template <typename T>
void wait_while_equal(std::atomic<T>& value, T old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) {
      return;
    }
    pause_briefly();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  SELFSAME_CHECK(threads >= 0 && threads <= 1024, "threads {} outside [0, 1024]", threads);
  const int total = threads > 0 ? threads : std::max(1, available_cores());
  for (int i = 1; i < total; ++i) {
    workers_.emplace_back([this, i] { work(i); });
  }
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void ThreadPool::run(std::int64_t count, FunctionRef<void(std::int64_t, int)> unit) {
  if (count <= 0) {
    return;
  }
  if (workers_.empty() || count == 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      unit(i, 0);
    }
    return;
  }
  unit_ = &unit;
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  claim_units(0);
  for (int busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    wait_while_equal(busy_, busy);
  }
  if (failed_.exchange(false)) {
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

void ThreadPool::claim_units(int thread) {
  try {
    for (std::int64_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) {
      (*unit_)(i, thread);
    }
  } catch (...) {
    next_.store(count_);
    if (!failed_.exchange(true)) {
      error_ = std::current_exception();
    }
  }
}

void ThreadPool::work(int thread) {
  std::uint32_t seen = 0;
  while (true) {
    wait_while_equal(generation_, seen);
    seen = generation_.load(std::memory_order_acquire);
    if (stop_) {
      return;
    }
    claim_units(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      busy_.notify_one();
    }
  }
}

}  // namespace selfsame
