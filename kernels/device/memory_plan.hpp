// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// The table of everything a training step or an inference pass will need, made before any of it is
/// allocated: printed on request, then carved from one allocation per arena.
///
/// An activation has a lifetime [birth, death] in ticks: the owner counts ticks in the order in which its
/// passes will run. Two entries whose lifetimes do not overlap may share memory.
class MemoryPlan {
 public:
  enum class Arena { kParameters, kActivations, kWorkspace };
  static constexpr int kForever = std::numeric_limits<int>::max();

  struct Entry {
    std::string name;
    Arena arena;
    std::string shape;
    DType dtype;
    std::size_t bytes;
    int birth, death;
    std::size_t offset = 0;
    TensorView view;  ///< for activations: data is set by allocate()
  };

  /// Declares an activation; the view stays valid as long as the plan and gets its data from allocate().
  /// The death may be moved later with extend().
  TensorView* activation(std::string name, Shape4 shape, DType dtype, int block, int birth,
                         int death = kForever, std::int64_t split = 0);
  /// Declares that the tensor is still read at this tick.
  void extend(const TensorView* view, int tick);
  /// Rows of the table for memory that is owned elsewhere (parameters) or by the stream (workspace).
  void note(Arena arena, std::string name, std::string shape, DType dtype, std::size_t bytes);
  /// The workspace must hold the largest single need.
  void need_workspace(std::size_t bytes) { workspace_ = bytes > workspace_ ? bytes : workspace_; }

  [[nodiscard]] int tick() const { return tick_; }
  int next_tick() { return ++tick_; }

  /// Assigns offsets (largest first, lowest free place) and allocates the activations on the device.
  void allocate(DeviceKind device = DeviceKind::kCpu);
  /// Assigns offsets only: the sizes can be read and printed without taking the memory.
  void place();

  [[nodiscard]] std::size_t bytes(Arena arena) const;
  [[nodiscard]] std::size_t total_bytes() const;
  [[nodiscard]] std::string table() const;
  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;  // a deque: views keep their address
  std::size_t activation_bytes_ = 0, workspace_ = 0;
  int tick_ = 0;
  Buffer memory_;
};

}  // namespace selfsame
