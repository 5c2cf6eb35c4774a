// SPDX-License-Identifier: Apache-2.0
// Sums in double over the threads of a block, in a fixed order.
#pragma once
#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU {

/// The sum over a block of kThreads; every thread gets it. All threads must call it.
template <int kThreads>
__device__ double block_sum(double v) {
  constexpr int kWarps = kThreads / kWarpSize;
  SELFSAME_SHARED(double, of_warp, [kWarps]);
  v = warp_sum(v);
  sync_threads();  // those of a call before this one have been read
  if (lane_id() == 0) {
    of_warp[warp_id()] = v;
  }
  sync_threads();
  double sum = 0;
  for (int w = 0; w < kWarps; ++w) {
    sum += of_warp[w];
  }
  return sum;
}

/// The sum of `count` parts of a sample, by one warp; every lane gets it.
__device__ inline double sum_of_parts(const double* parts, int count) {
  double sum = 0;
  for (int i = lane_id(); i < count; i += kWarpSize) {
    sum += parts[i];
  }
  return warp_sum(sum);
}

}  // namespace selfsame::SELFSAME_GPU
