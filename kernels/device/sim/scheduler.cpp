// SPDX-License-Identifier: Apache-2.0
// Runs the threads of a block as fibers of one OS thread, and the blocks of a grid one after another.
#include "kernels/device/sim/scheduler.hpp"

#include <utility>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/sim/pending_copies.hpp"
#include "kernels/device/sim/sanitizer_hooks.hpp"
#include "kernels/device/sim/traffic.hpp"

namespace selfsame::simulated {
namespace {

Thread no_kernel;  // what the words see outside kernels

/// The tags that order accesses for ThreadSanitizer lie in a block's shared memory, which is new for every
/// block: blocks are not ordered. Barriers alternate between two, so that a thread that runs ahead to the
/// next barrier is not ordered before one that has yet to leave this one.
void* barrier_tag(unsigned number) { return simulator().shared.tag(number % 2); }
void* warp_tag(int warp, unsigned number) {
  return simulator().shared.tag(2 + 2 * static_cast<std::size_t>(warp) + number % 2);
}

/// Goes on with the next thread that can, or with the scheduler.
Thread& next_thread(Simulator& s) {
  Block& b = s.block;
  return b.ready_begin == b.ready_end
             ? s.host
             : b.threads[static_cast<std::size_t>(b.ready[b.ready_begin++ % kMaxBlockThreads])];
}

void wait(Simulator& s, Thread& self) {
  Thread& next = next_thread(s);
  if (&next != &self) {
    current_thread = &next;
    switch_fiber(self.fiber, next.fiber);
  }
}

/// What a fiber does: one thread of the kernel. Not instrumented, because it never returns and its frame
/// would stay poisoned.
__attribute__((no_sanitize("address"))) void thread_main() {
  fiber_entered();
  Simulator& s = simulator();
  Thread& self = *current_thread;
  order_acquire(&s.start_tag);
  try {
    s.launch->call->run();
    refuse_unwaited_copies(self);
  } catch (...) {
    s.error = std::current_exception();
    s.thrower = &self;
  }
  order_release(&s.end_tag);
  self.state = ThreadState::kReturned;
  ++s.block.returned;
  Thread& next = s.error ? s.host : next_thread(s);
  current_thread = &next;
  leave_fiber(self.fiber, next.fiber);
}

void prepare_block(Simulator& s) {
  Block& b = s.block;
  const LaunchShape& shape = s.launch->shape;
  ++s.blocks;
  s.shared.begin_block(shape.shared_bytes);
  s.stacks.renew(b.count, s.abandoned);
  b.waiting = b.returned = 0;
  b.diverged = false;
  b.barriers = 0;
  b.ready_begin = b.ready_end = 0;
  for (int w = 0; w * kLanes < b.count; ++w) {
    b.warps[static_cast<std::size_t>(w)].arrived = 0;
    b.warps[static_cast<std::size_t>(w)].synchronised = 0;
  }
  s.order.fill({b.order.data(), static_cast<std::size_t>(b.count)});
  Index at;
  for (int i = 0; i < b.count; ++i) {
    Thread& t = b.threads[static_cast<std::size_t>(i)];
    t.at = at;
    t.linear = i;
    t.state = ThreadState::kReady;
    t.pending_begin = t.pending_end = t.group = 0;
    t.collectives = 0;
    prepare_fiber(t.fiber, &thread_main, i);
    set_identity(t.fiber, i, s.blocks);
    b.push_ready(b.order[static_cast<std::size_t>(i)]);
    if (++at.x == shape.block.x) {
      at.x = 0;
      if (++at.y == shape.block.y) {
        at.y = 0;
        ++at.z;
      }
    }
  }
}

[[noreturn]] void stop(Simulator& s, const std::string& text) {
  s.abandoned = s.block.returned < s.block.count;
  fail(ErrorKind::kDevice, "{}{}", launch_text(s), text);
}

void run_block(Simulator& s) {
  prepare_block(s);
  order_release(&s.start_tag);
  wait(s, s.host);  // until no thread can go on
  if (s.faulted) {
    const Thread& thread = *std::exchange(s.faulted, nullptr);
    stop(s, fmt::format(", {}: {}", thread_text(thread), fault_text(s, s.fault)));
  }
  if (s.error) {
    s.abandoned = s.block.returned < s.block.count;
    order_acquire(&s.end_tag);  // the thread that threw has written the text
    try {
      std::rethrow_exception(std::exchange(s.error, nullptr));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      stop(s, fmt::format(", {}: {}", thread_text(*s.thrower), error.what()));
    }
  }
  if (s.block.returned < s.block.count) {
    stop(s, ": " + standstill_text(s));
  }
  if (const std::string damage = s.shared.damage(); !damage.empty()) {
    stop(s, ": shared memory " + damage);
  }
  if (traffic_on) {
    end_block_traffic(s.launch->name.name, s.block.count);
  }
}

Index index_of(std::int64_t block, const LaunchShape::Size& grid) {
  return {static_cast<int>(block % grid.x), static_cast<int>(block / grid.x % grid.y),
          static_cast<int>(block / grid.x / grid.y)};
}
Index index_of(const LaunchShape::Size& s) {
  return {static_cast<int>(s.x), static_cast<int>(s.y), static_cast<int>(s.z)};
}

/// Enters and leaves the state of a launch.
class Running {
 public:
  Running(Simulator& s, const Launch& launch) : s_(s) {
    s.launch = &launch;
    s.order = OrderSource();
    s.host.fiber = Fiber();
#if defined(SELFSAME_SIM_TSAN)
    s.host_identity = __tsan_get_current_fiber();
    s.host.fiber.tsan_fiber = &s.host_identity;
#endif
    current_thread = &s.host;
  }
  ~Running() {
    for (int i = 0; i < s_.block.count; ++i) {
      Thread& t = s_.block.threads[static_cast<std::size_t>(i)];
      if (t.state != ThreadState::kReturned) {
        abandon_identity(t.fiber, s_.host.fiber, &s_.end_tag);
      }
    }
    order_acquire(&s_.end_tag);
    s_.launch = nullptr;
    current_thread = &no_kernel;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Simulator& s_;
};

}  // namespace

Thread* current_thread = &no_kernel;
Place place;

Simulator& simulator() {
  static auto* const the_simulator = new Simulator();  // never destroyed, as the device that it belongs to
  return *the_simulator;
}

bool in_kernel() { return current_thread != &no_kernel && current_thread != &simulator().host; }
bool called_by_kernel() { return simulator().stacks.hold(__builtin_frame_address(0)); }
SharedMemory& shared_memory() { return simulator().shared; }

void refuse(const std::string& text) {
  if (!in_kernel()) {
    fail(ErrorKind::kInternal, "a kernel's word was called outside a kernel: {}", text);
  }
  fail(ErrorKind::kDevice, "{}, {}: {}", launch_text(simulator()), thread_text(*current_thread), text);
}

void block_barrier(const Where& where) {
  Simulator& s = simulator();
  Block& b = s.block;
  Thread& self = *current_thread;
  if (!in_kernel()) {
    refuse("sync_threads()");
  }
  self.state = ThreadState::kAtBarrier;
  self.word = "sync_threads()";
  self.where = where;
  if (b.waiting++ == 0) {
    b.barrier = where;
  } else if (!same_place(where, b.barrier)) {
    b.diverged = true;
  }
  const unsigned number = b.barriers;
  order_release(barrier_tag(number));
  if (b.waiting == b.count && !b.diverged) {
    b.waiting = 0;
    ++b.barriers;
    if (s.order.shuffled()) {
      s.order.fill({b.order.data(), static_cast<std::size_t>(b.count)});
    }
    for (int i = 0; i < b.count; ++i) {
      b.threads[static_cast<std::size_t>(i)].state = ThreadState::kReady;
      b.push_ready(b.order[static_cast<std::size_t>(i)]);
    }
  }
  ++self.collectives;
  wait(s, self);
  order_acquire(barrier_tag(number));
}

void warp_collective(const char* word, const Where& where, void* slot, void (*combine)(void* const* slots)) {
  Simulator& s = simulator();
  Thread& self = *current_thread;
  if (!in_kernel()) {
    refuse(word);
  }
  if (s.block.count % kLanes != 0) {
    refuse(fmt::format("{} at {} needs full warps, and a block has {} threads", word, text_of(where),
                       s.block.count));
  }
  const int warp = self.linear / kLanes, lane = self.linear % kLanes;
  Warp& w = s.block.warps[static_cast<std::size_t>(warp)];
  if (w.arrived == 0) {
    w.word = word;
    w.where = where;
    w.combine = combine;
  } else if (w.combine != combine || !same_place(w.where, where)) {
    refuse(
        fmt::format("lanes of one warp meet in different collectives: lane {} in {} at {}, {} of the others "
                    "in {} at {}",
                    lane, word, text_of(where), w.arrived, w.word, text_of(w.where)));
  }
  self.state = ThreadState::kInCollective;
  self.word = word;
  self.where = where;
  w.slots[static_cast<std::size_t>(lane)] = slot;
  ++self.collectives;
  const bool barrier = combine == nullptr;
  const unsigned number = w.synchronised;
  if (barrier) {
    order_release(warp_tag(warp, number));
  }
  if (++w.arrived == kLanes) {
    w.arrived = 0;
    if (barrier) {
      ++w.synchronised;
    } else {
      combine(w.slots.data());
    }
    const int mask = s.order.lane_mask();
    for (int i = 0; i < kLanes; ++i) {
      const int thread = warp * kLanes + (i ^ mask);
      s.block.threads[static_cast<std::size_t>(thread)].state = ThreadState::kReady;
      s.block.push_ready(thread);
    }
  }
  wait(s, self);
  if (barrier) {
    order_acquire(warp_tag(warp, number));
  }
}

void run_kernel(const Launch& launch) {
  Simulator& s = simulator();
  const FaultHandler handler;
  const Running running(s, launch);
  s.block.count = static_cast<int>(launch.shape.block.count());
  for (int i = 0; i < s.block.count; ++i) {
    s.stacks.assign(s.block.threads[static_cast<std::size_t>(i)].fiber, i);
  }
  place.block_size = index_of(launch.shape.block);
  place.grid_size = index_of(launch.shape.grid);
  const std::int64_t blocks = launch.shape.grid.count();
  std::vector<int> order;
  if (s.order.shuffled() && blocks <= 1 << 24) {
    order.resize(static_cast<std::size_t>(blocks));
    s.order.fill(order);
  }
  const bool reverse = thread_order() == ThreadOrder::kReverse;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t block = reverse         ? blocks - 1 - i
                               : order.empty() ? i
                                               : order[static_cast<std::size_t>(i)];
    place.block = index_of(block, launch.shape.grid);
    run_block(s);
    s.abandoned = false;
  }
}

}  // namespace selfsame::simulated
