// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/fiber.hpp"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "kernels/device/sim/sanitizer_hooks.hpp"

#if !defined(SELFSAME_SIM_UCONTEXT)
// Saves the registers that a callee must keep, changes the stack, and takes the registers of the other stack.
// selfsame_resume_stack is the second half: with a saved stack pointer it goes on with that stack.
asm(R"(
    .text
    .p2align 4
    .globl selfsame_switch_stack
    .type selfsame_switch_stack, @function
selfsame_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    .globl selfsame_resume_stack
    .type selfsame_resume_stack, @function
selfsame_resume_stack:
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size selfsame_switch_stack, . - selfsame_switch_stack
)");
extern "C" void selfsame_switch_stack(void** saved, void* to);
extern "C" void selfsame_resume_stack();
#endif

namespace selfsame::simulated {
namespace {

/// The fiber that the running one was switched to from: its stack's limits are known only afterwards.
[[maybe_unused]] Fiber* left = nullptr;

void before_switch([[maybe_unused]] Fiber& from, [[maybe_unused]] Fiber& to, [[maybe_unused]] bool for_good) {
#if defined(SELFSAME_SIM_ASAN)
  left = &from;
  __sanitizer_start_switch_fiber(for_good ? nullptr : &from.asan_stack, to.stack, to.stack_bytes);
#endif
#if defined(SELFSAME_SIM_TSAN)
  __tsan_switch_to_fiber(*to.tsan_fiber, __tsan_switch_to_fiber_no_sync);
#endif
}

void after_switch([[maybe_unused]] void* asan_stack) {
#if defined(SELFSAME_SIM_ASAN)
  const void* stack = nullptr;
  __sanitizer_finish_switch_fiber(asan_stack, &stack, &left->stack_bytes);
  left->stack = const_cast<void*>(stack);
#endif
}

}  // namespace

#if defined(SELFSAME_SIM_UCONTEXT)

void prepare_fiber(Fiber& fiber, void (*entry)(), int) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = fiber.stack_bytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, entry, 0);
}

void switch_fiber(Fiber& from, Fiber& to) {
  before_switch(from, to, false);
  swapcontext(&from.context, &to.context);
  after_switch(from.asan_stack);
}

void leave_fiber(Fiber& from, Fiber& to) {
  before_switch(from, to, true);
  setcontext(&to.context);
  std::abort();
}

void* resume_address() { return nullptr; }

#else

void prepare_fiber(Fiber& fiber, void (*entry)(), int colour) {
  constexpr std::size_t kColours = 32, kColourBytes = 128, kSavedRegisters = 6;
  const std::size_t shift = static_cast<std::size_t>(colour) % kColours * kColourBytes;
  auto* const top = reinterpret_cast<std::uint64_t*>(static_cast<std::byte*>(fiber.stack) +
                                                     (fiber.stack_bytes - shift) / 16 * 16);
  // As after a call of `entry` from nowhere: a return address of zero ends every stack trace.
  top[-1] = 0;
  top[-2] = reinterpret_cast<std::uint64_t>(entry);
  std::uint64_t* const saved = top - 2 - kSavedRegisters;
  for (std::size_t i = 0; i < kSavedRegisters; ++i) {
    saved[i] = 0;
  }
  fiber.stack_pointer = saved;
}

void switch_fiber(Fiber& from, Fiber& to) {
  before_switch(from, to, false);
  selfsame_switch_stack(&from.stack_pointer, to.stack_pointer);
  after_switch(from.asan_stack);
}

void leave_fiber(Fiber& from, Fiber& to) {
  before_switch(from, to, true);
  selfsame_switch_stack(&from.stack_pointer, to.stack_pointer);
  std::abort();
}

void* resume_address() { return reinterpret_cast<void*>(&selfsame_resume_stack); }

#endif

void fiber_entered() { after_switch(nullptr); }

void set_identity([[maybe_unused]] Fiber& fiber, [[maybe_unused]] int index,
                  [[maybe_unused]] std::int64_t block) {
#if defined(SELFSAME_SIM_TSAN)
  constexpr std::int64_t kSets = 2, kMaxThreads = 1024;
  static void* identities[kSets][kMaxThreads];
  fiber.tsan_fiber = &identities[block % kSets][index];
  if (*fiber.tsan_fiber == nullptr) {
    *fiber.tsan_fiber = __tsan_create_fiber(0);
  }
#endif
}

void abandon_identity([[maybe_unused]] Fiber& fiber, [[maybe_unused]] Fiber& host,
                      [[maybe_unused]] void* tag) {
#if defined(SELFSAME_SIM_TSAN)
  __tsan_switch_to_fiber(*fiber.tsan_fiber, __tsan_switch_to_fiber_no_sync);
  order_release(tag);
  __tsan_switch_to_fiber(*host.tsan_fiber, __tsan_switch_to_fiber_no_sync);
  __tsan_destroy_fiber(std::exchange(*fiber.tsan_fiber, nullptr));
#endif
}

}  // namespace selfsame::simulated
