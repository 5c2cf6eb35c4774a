// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocation_probe.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {
thread_local selfsame::AllocationCount count;
std::atomic<std::uint64_t> of_all_threads{0};
}  // namespace

// All forms without an alignment: std::stable_sort takes its buffer with the one that does not throw.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++count.requests;
  of_all_threads.fetch_add(1, std::memory_order_relaxed);
  count.largest = std::max(count.largest, bytes);
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new(std::size_t bytes) {
  if (void* memory = operator new(bytes, std::nothrow)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace selfsame {

void reset_allocations() { count = {}; }
AllocationCount allocations() { return count; }
std::uint64_t all_allocations() { return of_all_threads.load(); }

}  // namespace selfsame
