// SPDX-License-Identifier: Apache-2.0
// What every .cu file includes: the words of a kernel, once for nvcc and once for the simulated device.
//
// A .cu file is compiled twice, with SELFSAME_GPU = cuda (by nvcc) and SELFSAME_GPU = simulated (by the host
// compiler). Everything in it and in the .cuh files it includes lies in namespace selfsame::SELFSAME_GPU, so
// that the two never meet in the linker. Kernels use the functions below instead of CUDA's own names:
//
//   thread_x() .. grid_size_z()          ints, not unsigned
//   SELFSAME_SHARED(float, tile, [16][17])   a static shared array; dynamic_shared<T>() the dynamic one
//   sync_threads(), sync_warp()          barriers of the block and of the warp
//   shuffle(v, lane), shuffle_xor(v, m), shuffle_down(v, d), ballot(p), any(p), all(p)   of the full warp
//   atomic_add(&x, v)                    float and int; only where documented as not deterministic
//   copy_async16(to_shared, from_global, valid), copy_async_commit(), copy_async_wait<N>()
//   load_matrix_x4(r, row), load_matrix_x4_transposed(r, row), ..._x2     ldmatrix
//   mma_bf16(d, a, b), mma_tf32(d, a, b), to_tf32(v)                      mma.sync
//   device_assert(condition)
//
// and are started by launch("name", kernel, LaunchShape{grid, block, shared_bytes}, stream, arguments...).
#pragma once
#include "kernels/device/bf16.hpp"
#include "kernels/device/gpu/launch_shape.hpp"
#include "kernels/device/stream.hpp"

#if defined(__CUDACC__)
#include "kernels/device/cuda/cuda_words.cuh"
#else
#include "kernels/device/sim/sim_words.cuh"
#endif

namespace selfsame::SELFSAME_GPU {

constexpr int kWarpSize = 32;
__device__ inline int lane_id() { return thread_x() % kWarpSize; }  // blocks are multiples of a warp in x
__device__ inline int warp_id() { return thread_x() / kWarpSize; }

/// Sum over the warp in a fixed order; every lane gets it.
template <typename T>
__device__ inline T warp_sum(T v) {
#pragma unroll
  for (int m = kWarpSize / 2; m > 0; m /= 2) {
    v += shuffle_xor(v, m);
  }
  return v;
}

}  // namespace selfsame::SELFSAME_GPU
