// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/memory_plan.hpp"

#include <algorithm>

namespace selfsame {
namespace {

constexpr std::size_t kAlignment = 256;  // what a GPU loads at once at the most

const char* name_of(MemoryPlan::Arena arena) {
  switch (arena) {
    case MemoryPlan::Arena::kParameters:
      return "parameters";
    case MemoryPlan::Arena::kActivations:
      return "activations";
    case MemoryPlan::Arena::kWorkspace:
      return "workspace";
  }
  return "?";
}

bool alive_together(const MemoryPlan::Entry& a, const MemoryPlan::Entry& b) {
  return a.birth <= b.death && b.birth <= a.death;
}

}  // namespace

TensorView* MemoryPlan::activation(std::string name, Shape4 shape, DType dtype, int block, int birth,
                                   int death, std::int64_t split) {
  TensorView view(nullptr, dtype, shape, block, split);
  const std::size_t bytes = static_cast<std::size_t>(view.sample_stride * shape.n) * size_of(dtype);
  entries_.push_back({std::move(name), Arena::kActivations, shape.text(), dtype,
                      (bytes + kAlignment - 1) / kAlignment * kAlignment, birth, death, 0, view});
  return &entries_.back().view;
}

void MemoryPlan::extend(const TensorView* view, int tick) {
  for (Entry& entry : entries_) {
    if (&entry.view == view) {
      entry.death = std::max(entry.death, tick);
      return;
    }
  }
  fail(ErrorKind::kInternal, "extend: the tensor is not in this plan");
}

void MemoryPlan::note(Arena arena, std::string name, std::string shape, DType dtype, std::size_t bytes) {
  entries_.push_back({std::move(name), arena, std::move(shape), dtype, bytes, 0, kForever, 0, {}});
}

void MemoryPlan::place() {
  std::vector<Entry*> order;
  for (Entry& entry : entries_) {
    if (entry.arena == Arena::kActivations) {
      order.push_back(&entry);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Entry* a, const Entry* b) { return a->bytes > b->bytes; });
  std::vector<const Entry*> placed;  // sorted by offset
  activation_bytes_ = 0;
  for (Entry* entry : order) {
    std::size_t offset = 0;
    for (const Entry* other : placed) {
      if (alive_together(*entry, *other) && other->offset < offset + entry->bytes &&
          offset < other->offset + other->bytes) {
        offset = other->offset + other->bytes;
      }
    }
    entry->offset = offset;
    activation_bytes_ = std::max(activation_bytes_, offset + entry->bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), entry,
                                     [](const Entry* a, const Entry* b) { return a->offset < b->offset; });
    placed.insert(at, entry);
  }
}

void MemoryPlan::allocate(DeviceKind device) {
  place();
  if (memory_.bytes() < activation_bytes_ || memory_.device() != device) {
    memory_ = Buffer();
    memory_ = Buffer(activation_bytes_, device);
  }
  for (Entry& entry : entries_) {
    if (entry.arena == Arena::kActivations) {
      entry.view.data = memory_.data() + entry.offset;
    }
  }
}

std::size_t MemoryPlan::bytes(Arena arena) const {
  if (arena == Arena::kActivations) {
    return activation_bytes_;
  }
  std::size_t sum = arena == Arena::kWorkspace ? workspace_ : 0;
  for (const Entry& entry : entries_) {
    sum += entry.arena == arena ? entry.bytes : 0;
  }
  return sum;
}

std::size_t MemoryPlan::total_bytes() const {
  return bytes(Arena::kParameters) + bytes(Arena::kActivations) + bytes(Arena::kWorkspace);
}

std::string MemoryPlan::table() const {
  std::string text = fmt::format("{:<12} {:<44} {:<22} {:<9} {:>14} {:>14}\n", "arena", "name", "shape",
                                 "type", "bytes", "offset");
  for (const Entry& e : entries_) {
    text += fmt::format("{:<12} {:<44} {:<22} {:<9} {:>14} {:>14}\n", name_of(e.arena), e.name, e.shape,
                        selfsame::name_of(e.dtype), e.bytes, e.offset);
  }
  for (const Arena arena : {Arena::kParameters, Arena::kActivations, Arena::kWorkspace}) {
    text += fmt::format("{:<12} total {:.1f} MiB\n", name_of(arena),
                        static_cast<double>(bytes(arena)) / 1048576.0);
  }
  return text;
}

}  // namespace selfsame
