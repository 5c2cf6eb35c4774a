// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

#include "kernels/device/gpu/launch_shape.hpp"
#include "kernels/device/sim/fiber.hpp"
#include "kernels/device/sim/shared_memory.hpp"

// The state of the launch that runs. One launch runs at a time in the process, on one OS thread, so plain
// variables hold it: the words of a kernel read them with one or two loads.

namespace selfsame::simulated {

using Where = std::source_location;

constexpr int kLanes = 32, kMaxBlockThreads = 1024;

struct Index {
  int x = 0, y = 0, z = 0;
};

/// A kernel with its arguments: what one thread does.
class KernelCall {
 public:
  virtual ~KernelCall() = default;
  virtual void run() const = 0;
};

/// With what check_launch has accepted.
struct Launch {
  LaunchName name;
  LaunchShape shape;
  std::shared_ptr<const KernelCall> call;
};

enum class ThreadState : unsigned char { kReady, kAtBarrier, kInCollective, kReturned };

/// One CUDA thread.
struct Thread {
  Index at;
  int linear = 0;  // x fastest
  ThreadState state = ThreadState::kReady;
  const char* word = "";  // where it waits
  Where where;
  Fiber fiber;
  unsigned collectives = 0;  // barriers and words of the warp passed so far
  // cp.async: copies not yet done, and the group that the next copy belongs to.
  int pending_begin = 0, pending_end = 0, group = 0;
};

/// What the lanes of a warp that have arrived at a collective are doing.
struct Warp {
  int arrived = 0;
  unsigned synchronised = 0;  // sync_warp() passed so far
  const char* word = "";
  Where where;
  void (*combine)(void* const* slots) = nullptr;
  std::array<void*, kLanes> slots{};
};

struct Place {
  Index block, block_size, grid_size;
};

extern Thread* current_thread;  // of the kernel, or one that stands for the host
extern Place place;

/// Whether a kernel runs on the OS thread that runs kernels; for callers on that thread.
[[nodiscard]] bool in_kernel();
/// Whether the caller is a kernel, for callers on any thread: by its stack.
[[nodiscard]] bool called_by_kernel();
/// The shared memory of the block that runs.
[[nodiscard]] SharedMemory& shared_memory();

/// Stops the kernel with "kernel, launch, block, thread: text". Called by a thread of it.
[[noreturn]] void refuse(const std::string& text);
/// "file:line:column".
[[nodiscard]] std::string text_of(const Where& where);
[[nodiscard]] inline bool same_place(const Where& a, const Where& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         (a.file_name() == b.file_name() || std::string_view(a.file_name()) == b.file_name());
}

/// Barrier of the block.
void block_barrier(const Where& where);
/// The lanes of a warp meet here; the last to arrive runs `combine` on what all have given. Without `combine`
/// it is sync_warp(), the only collective that orders memory.
void warp_collective(const char* word, const Where& where, void* slot, void (*combine)(void* const* slots));

/// Runs all threads of a launch. Errors: Error(kDevice) naming kernel, launch, block, threads and places.
void run_kernel(const Launch& launch);

}  // namespace selfsame::simulated
