// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <exception>
#include <memory>

#include "kernels/device/sim/fiber_stacks.hpp"
#include "kernels/device/sim/sim_state.hpp"
#include "kernels/device/sim/thread_order.hpp"

namespace selfsame::simulated {

/// The block that runs: threads with their states, and a queue of those that can go on. Not a ring: a thread
/// that returned or waits is not in the queue, and an empty queue with threads left is an error.
struct Block {
  int count = 0;     // threads
  int waiting = 0;   // at the barrier
  int returned = 0;  // from the kernel
  Where barrier;     // where the first of those that wait is
  bool diverged = false;
  unsigned barriers = 0;  // passed so far

  std::array<Thread, kMaxBlockThreads> threads;
  std::array<Warp, kMaxBlockThreads / kLanes> warps;
  std::array<int, kMaxBlockThreads> order{};

  // Ring of thread numbers; each thread is in it at most once.
  std::array<int, kMaxBlockThreads> ready{};
  unsigned ready_begin = 0, ready_end = 0;
  void push_ready(int thread) { ready[ready_end++ % kMaxBlockThreads] = thread; }
};

/// Everything that outlives a launch.
struct Simulator {
  Block block;
  FiberStacks stacks;
  SharedMemory shared;
  OrderSource order;
  const Launch* launch = nullptr;
  Thread host;               // stands for the OS thread that runs the scheduler
  std::exception_ptr error;  // thrown by a thread of the kernel, and which one
  const Thread* thrower = nullptr;
  Thread* faulted = nullptr;  // the thread that touched memory it may not, and the address
  const void* fault = nullptr;
  bool abandoned = false;   // the last launch left threads in the middle of the kernel
  std::int64_t blocks = 0;  // run so far
  alignas(8) char start_tag = 0;
  alignas(8) char end_tag = 0;
  void* host_identity = nullptr;  // for ThreadSanitizer
};
[[nodiscard]] Simulator& simulator();

/// "kernel NAME (launched at FILE:LINE), block (x,y,z)".
[[nodiscard]] std::string launch_text(const Simulator& s);
/// Why no thread of the block can go on, with the places where its threads wait.
[[nodiscard]] std::string standstill_text(const Simulator& s);
/// "thread (x,y,z)".
[[nodiscard]] std::string thread_text(const Thread& thread);

/// While it lives, a memory fault of a kernel stops the kernel and not the process: the scheduler goes on
/// with `faulted` set. Does nothing where a sanitizer reports faults, and without the assembly switch.
class FaultHandler {
 public:
  FaultHandler();
  ~FaultHandler();
  FaultHandler(const FaultHandler&) = delete;
  FaultHandler& operator=(const FaultHandler&) = delete;
};
/// What lies at the address of a fault.
[[nodiscard]] std::string fault_text(const Simulator& s, const void* address);

}  // namespace selfsame::simulated
