// SPDX-License-Identifier: Apache-2.0
// What the passes of conv2d with a plane (block 1, float) on one side or both share: the choice of a kernel
// by the layouts of its two tensors.
#pragma once
#include "kernels/conv2d/conv2d_units.cuh"

namespace selfsame::SELFSAME_GPU {

/// Storage of one side: B channels of type T beside each other.
template <typename T, int B>
struct PlaneSide {
  using Type = T;
  static constexpr int kBlock = B;
};
using Plane = PlaneSide<float, 1>;

/// Calls f(x side, y side) with PlaneSides; at least one of the tensors has block 1.
template <typename F>
void for_plane_sides(const ConstTensorView& x, const ConstTensorView& y, F&& f) {
  const auto for_blocked = [](const ConstTensorView& t, auto&& g) {
    t.dtype == DType::kBF16 ? g(PlaneSide<bf16, kGpuChannelBlock>{})
                            : g(PlaneSide<float, kGpuChannelBlock>{});
  };
  if (x.block == 1 && y.block == 1) {
    f(Plane{}, Plane{});
  } else if (x.block == 1) {
    for_blocked(y, [&](auto side) { f(Plane{}, side); });
  } else {
    for_blocked(x, [&](auto side) { f(side, Plane{}); });
  }
}

/// Channels in and out of a view whose block is 1 or 8, whatever its split.
inline ChannelMap plane_map(const ConstTensorView& view) {
  ChannelMap map = channel_map(view);
  map.split = view.block == 1 ? 0 : map.split;  // every channel is a block of its own: nothing pads
  return map;
}

}  // namespace selfsame::SELFSAME_GPU
