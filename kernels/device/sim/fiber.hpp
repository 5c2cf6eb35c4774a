// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#if !defined(__x86_64__) && !defined(SELFSAME_SIM_UCONTEXT)
#define SELFSAME_SIM_UCONTEXT 1
#endif
#if defined(SELFSAME_SIM_UCONTEXT)
#include <ucontext.h>
#endif

namespace selfsame::simulated {

/// A stack with a place to go on from. The switch is assembly on x86-64 and ucontext elsewhere (two system
/// calls, twenty times slower).
struct Fiber {
#if defined(SELFSAME_SIM_UCONTEXT)
  ucontext_t context;
#else
  void* stack_pointer = nullptr;  // while the fiber does not run
#endif
  void* stack = nullptr;  // lowest address
  std::size_t stack_bytes = 0;
  void* asan_stack = nullptr;
  void** tsan_fiber = nullptr;
};

/// Makes the fiber start at `entry`, which calls fiber_entered() first and never returns. `colour` moves the
/// top of the stack, so that the hot lines of many stacks do not share one cache set.
void prepare_fiber(Fiber& fiber, void (*entry)(), int colour);
/// Gives the fiber of thread `index` of a block an identity for ThreadSanitizer; nothing without it. To make
/// one takes a millisecond, so that they are kept, in two sets: a block's accesses are not ordered with those
/// of the next block.
void set_identity(Fiber& fiber, int index, std::int64_t block);
/// order_release(tag) on behalf of a fiber that will not run again, and the end of its identity. Called by
/// `host`.
void abandon_identity(Fiber& fiber, Fiber& host, void* tag);

void fiber_entered();
/// Stops `from`, which is running, and goes on with `to`.
void switch_fiber(Fiber& from, Fiber& to);
/// The same, and `from` never runs again.
[[noreturn]] void leave_fiber(Fiber& from, Fiber& to);

/// Where a signal handler sends the processor to go on with a fiber: instruction and stack pointer. Null
/// without the assembly switch.
void* resume_address();

}  // namespace selfsame::simulated
