// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace selfsame::simulated {

/// The order in which the threads of a block run between two barriers, and the blocks of a grid. A result
/// that depends on it is a race: tests run kernels in several orders (docs/simulated-device.md).
enum class ThreadOrder {
  kForward,   ///< by index
  kReverse,   ///< by falling index
  kShuffled,  ///< another order after every barrier, from the seed
};

/// For all launches of the process that start from now on. At first it is what the environment variable
/// SELFSAME_SIM_ORDER says (forward, reverse, shuffled, shuffled:SEED), else forward.
void set_thread_order(ThreadOrder order, std::uint64_t seed = 1);
[[nodiscard]] ThreadOrder thread_order();
[[nodiscard]] std::uint64_t thread_order_seed();

/// Another order until the end of the scope.
class ThreadOrderScope {
 public:
  explicit ThreadOrderScope(ThreadOrder order, std::uint64_t seed = 1)
      : order_(thread_order()), seed_(thread_order_seed()) {
    set_thread_order(order, seed);
  }
  ~ThreadOrderScope() { set_thread_order(order_, seed_); }
  ThreadOrderScope(const ThreadOrderScope&) = delete;
  ThreadOrderScope& operator=(const ThreadOrderScope&) = delete;

 private:
  ThreadOrder order_;
  std::uint64_t seed_;
};

}  // namespace selfsame::simulated
