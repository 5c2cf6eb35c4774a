// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "kernels/device/sim/fiber.hpp"
#include "kernels/device/sim/mapping.hpp"

namespace selfsame::simulated {

/// Stacks of a block's threads, each above a page without access. The addresses for 1024 of them are reserved
/// once; a stack takes memory when it is used.
class FiberStacks {
 public:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SELFSAME_SIM_TSAN)
  static constexpr std::size_t kStackBytes = 256 * 1024;  // instrumented frames are larger
#else
  static constexpr std::size_t kStackBytes = 64 * 1024;
#endif
  static constexpr std::size_t kStride = kStackBytes + kPage;

  /// The stack of thread `index`. Errors: Error(kDevice) if the addresses cannot be had.
  void assign(Fiber& fiber, int index);
  /// Before a block: stacks without a history. For ThreadSanitizer, always; for AddressSanitizer, after a
  /// launch that was abandoned.
  void renew(int count, bool abandoned);
  [[nodiscard]] bool hold(const void* address) const;
  /// The index of the thread whose guard page holds the address, or -1.
  [[nodiscard]] int overflown(const void* address) const;

 private:
  void reserve();
  std::byte* base_ = nullptr;
};

}  // namespace selfsame::simulated
