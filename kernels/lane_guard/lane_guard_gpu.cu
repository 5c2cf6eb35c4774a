// SPDX-License-Identifier: Apache-2.0
// kernels/lane_guard/lane_guard.hpp on a GPU: one thread per lane. Not yet run on a GPU.
#include "kernels/lane_guard/lane_guard_gpu.hpp"

#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU::lane_guard {
namespace {

constexpr int kThreads = 32;  // lanes are few

__global__ void judge_lanes_kernel(LaneGuardArgs a) {
  const std::int64_t lane = static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
  if (lane < a.lanes) {
    judge_lane(a, lane);
  }
}

}  // namespace

void judge(const LaneGuardArgs& args, Stream& stream) {
  launch("judge_lanes", judge_lanes_kernel, LaunchShape{{blocks_for(args.lanes, kThreads)}, {kThreads}},
         stream, args);
}

}  // namespace selfsame::SELFSAME_GPU::lane_guard
