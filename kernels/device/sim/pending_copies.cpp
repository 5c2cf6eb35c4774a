// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/pending_copies.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "kernels/base/error.hpp"
#include "kernels/device/sim/device_memory.hpp"
#include "kernels/device/sim/mapping.hpp"

namespace selfsame::simulated {
namespace {

struct PendingCopy {
  DueCopy copy;
  int group = 0;
  Where where;
};

constexpr int kMaxPending = 1024;  // of one thread
constexpr std::size_t kCopyBytes = 16;

/// A thread's ring of copies. Addresses are reserved for all threads; memory comes with use.
PendingCopy* ring_of(const Thread& thread) {
  static auto* const rings = [] {
    constexpr std::size_t kBytes = sizeof(PendingCopy) * kMaxPending * kMaxBlockThreads;
    std::byte* const data = reserve_addresses(kBytes);
    if (data == nullptr) {
      fail(ErrorKind::kDevice, "simulated device: no addresses for {} bytes", kBytes);
    }
    allow_access(data, kBytes);
    return reinterpret_cast<PendingCopy*>(data);
  }();
  return rings + thread.linear * kMaxPending;
}

bool aligned(const void* data) { return reinterpret_cast<std::uintptr_t>(data) % kCopyBytes == 0; }

}  // namespace

void add_copy(void* to, const void* from, bool valid, const Where& where) {
  if (!in_kernel()) {
    refuse("copy_async16");
  }
  if (!aligned(to) || (valid && !aligned(from))) {
    refuse(fmt::format("copy_async16 at {}: the {} address {} is not a multiple of 16", text_of(where),
                       aligned(to) ? "source" : "target", aligned(to) ? from : to));
  }
  if (!shared_memory().holds(to, kCopyBytes)) {
    refuse(fmt::format("copy_async16 at {}: the target {} is not within shared memory of this block{}",
                       text_of(where), to,
                       shared_memory().in_range(to) ? ", but " + shared_memory().describe(to) : ""));
  }
  if (valid && !DeviceMemory::instance().in_range(from)) {
    refuse(fmt::format("copy_async16 at {}: the source {} is not global memory", text_of(where), from));
  }
  Thread& t = *current_thread;
  if (t.pending_end - t.pending_begin == kMaxPending) {
    refuse(fmt::format("copy_async16 at {}: {} copies are under way", text_of(where), kMaxPending));
  }
  ring_of(t)[t.pending_end++ % kMaxPending] = {{to, valid ? from : nullptr}, t.group, where};
}

void commit_copies() { ++current_thread->group; }

bool next_due_copy(int allowed, DueCopy& copy) {
  Thread& t = *current_thread;
  if (t.pending_begin == t.pending_end) {
    return false;
  }
  const PendingCopy& next = ring_of(t)[t.pending_begin % kMaxPending];
  if (next.group >= t.group - allowed) {
    return false;
  }
  copy = next.copy;
  ++t.pending_begin;
  return true;
}

void refuse_unwaited_copies(const Thread& thread) {
  if (thread.pending_begin != thread.pending_end) {
    const PendingCopy& first = ring_of(thread)[thread.pending_begin % kMaxPending];
    refuse(fmt::format("returns with {} copies that it never waited for; the first is copy_async16 at {}{}",
                       thread.pending_end - thread.pending_begin, text_of(first.where),
                       first.group == thread.group ? ", which was not committed" : ""));
  }
}

}  // namespace selfsame::simulated
