// SPDX-License-Identifier: Apache-2.0
// The texts of what the scheduler found.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "kernels/device/sim/device_memory.hpp"
#include "kernels/device/sim/scheduler.hpp"

namespace selfsame::simulated {
namespace {

std::string text_of(const Index& i) { return fmt::format("({},{},{})", i.x, i.y, i.z); }

/// Threads of a block that are in the same state at the same place.
struct Group {
  const Thread* first;
  std::vector<int> threads;
};

bool alike(const Thread& a, const Thread& b) {
  return a.state == b.state && (a.state == ThreadState::kReturned || same_place(a.where, b.where));
}

std::vector<Group> groups_of(const Block& block) {
  std::vector<Group> groups;
  for (int i = 0; i < block.count; ++i) {
    const Thread& t = block.threads[static_cast<std::size_t>(i)];
    auto group = groups.begin();
    while (group != groups.end() && !alike(*group->first, t)) {
      ++group;
    }
    if (group == groups.end()) {
      group = groups.insert(group, Group{&t, {}});
    }
    group->threads.push_back(i);
  }
  return groups;
}

/// "0-15, 32", cut after eight ranges.
std::string ranges_of(const std::vector<int>& threads) {
  std::string text;
  int ranges = 0;
  for (std::size_t i = 0; i < threads.size();) {
    std::size_t end = i + 1;
    while (end < threads.size() && threads[end] == threads[end - 1] + 1) {
      ++end;
    }
    if (++ranges > 8) {
      return text + ", ...";
    }
    text += fmt::format("{}{}", text.empty() ? "" : ", ", threads[i]);
    if (end - i > 1) {
      text += fmt::format("-{}", threads[end - 1]);
    }
    i = end;
  }
  return text;
}

std::string headline(const Simulator& s, const std::vector<Group>& groups) {
  int barriers = 0, collectives = 0, returned = 0;
  for (const Group& g : groups) {
    barriers += g.first->state == ThreadState::kAtBarrier;
    collectives += g.first->state == ThreadState::kInCollective;
    returned += g.first->state == ThreadState::kReturned;
  }
  if (collectives > 0) {
    // Lanes that are missing from a warp's collective: returned, or at a barrier.
    bool at_barrier = false;
    for (int i = 0; i < s.block.count; ++i) {
      const Thread& t = s.block.threads[static_cast<std::size_t>(i)];
      at_barrier = at_barrier || (t.state == ThreadState::kAtBarrier &&
                                  s.block.warps[static_cast<std::size_t>(i / kLanes)].arrived > 0);
    }
    return at_barrier ? "deadlock between a warp's collective and the block's barrier"
                      : "a warp's collective waits for lanes that have returned";
  }
  return returned > 0 ? "a barrier waits for threads that have returned"
                      : "divergent barrier: threads of one block wait at different barriers";
}

}  // namespace

std::string text_of(const Where& where) {
  return fmt::format("{}:{}:{}", where.file_name(), where.line(), where.column());
}

std::string thread_text(const Thread& thread) { return "thread " + text_of(thread.at); }

std::string launch_text(const Simulator& s) {
  const LaunchName& name = s.launch->name;
  return fmt::format("kernel {} (launched at {}:{}), block {}", name.name, name.where.file_name(),
                     name.where.line(), text_of(place.block));
}

std::string standstill_text(const Simulator& s) {
  const std::vector<Group> groups = groups_of(s.block);
  std::string text = headline(s, groups);
  for (const Group& g : groups) {
    const Thread& t = *g.first;
    text += fmt::format("\n  {} of {} threads ({}; first {}) ", g.threads.size(), s.block.count,
                        ranges_of(g.threads), text_of(t.at));
    text += t.state == ThreadState::kReturned ? std::string("have returned")
                                              : fmt::format("wait in {} at {}", t.word, text_of(t.where));
  }
  return text;
}

std::string fault_text(const Simulator& s, const void* address) {
  std::string what = fmt::format("access to {}, ", address);
  if (const int thread = s.stacks.overflown(address); thread >= 0) {
    return fmt::format("the stack of {} bytes has overflown (thread {} of the block, address {})",
                       FiberStacks::kStackBytes, thread, address);
  }
  if (s.shared.in_range(address)) {
    return what + s.shared.describe(address);
  }
  if (DeviceMemory::instance().in_range(address)) {
    return what + DeviceMemory::instance().describe(address);
  }
  return what + (address == nullptr ? "a null pointer" : "which is not memory of the simulated device");
}

}  // namespace selfsame::simulated
