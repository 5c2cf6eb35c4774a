// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocation_probe.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {
thread_local selfsame::AllocationCount count;
}  // namespace

void* operator new(std::size_t bytes) {
  ++count.requests;
  count.largest = std::max(count.largest, bytes);
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace selfsame {

void reset_allocations() { count = {}; }
AllocationCount allocations() { return count; }

}  // namespace selfsame
