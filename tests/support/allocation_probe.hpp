// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

namespace selfsame {

/// What the calling thread asked of operator new since `reset_allocations`.
struct AllocationCount {
  std::uint64_t requests = 0;
  std::size_t largest = 0;  ///< bytes of the largest request
};
void reset_allocations();
[[nodiscard]] AllocationCount allocations();

/// Calls of operator new in all threads since the program began.
[[nodiscard]] std::uint64_t all_allocations();

}  // namespace selfsame
