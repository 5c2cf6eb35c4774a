// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/sim/simulator.hpp"

namespace selfsame::simulated {

/// The orders of one launch.
class OrderSource {
 public:
  OrderSource() : order_(thread_order()), state_(thread_order_seed()) {}
  /// Fills `order` with 0 .. size-1 in the order of the launch; shuffled anew at every call.
  void fill(std::span<int> order);
  /// A number that the lanes of a warp are exchanged by: lane i runs as number i ^ lane_mask().
  [[nodiscard]] int lane_mask();
  [[nodiscard]] bool shuffled() const { return order_ == ThreadOrder::kShuffled; }

 private:
  std::uint64_t next();
  ThreadOrder order_;
  std::uint64_t state_;
};

}  // namespace selfsame::simulated
