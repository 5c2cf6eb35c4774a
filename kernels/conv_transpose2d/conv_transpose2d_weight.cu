// SPDX-License-Identifier: Apache-2.0
// The weight gradient of kernels/conv_transpose2d/conv_transpose2d.hpp with mma.sync, and the sum of the
// parts that all GPU versions use. Pixels are what is summed, so both operands are read transposed from a
// tile that lies as memory has it. Not yet run on a GPU.
#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_weight.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d {
namespace {

// ---- sum of the parts -------------------------------------------------------------------------------------

constexpr int kSumColumns = 32, kSumRows = 8;

struct AddPartsArgs {
  float* dw;
  const float* partial;  // (L, parts, count)
  std::int64_t lane_stride, count;
  int parts;
};

/// Row r of the block sums parts r, r + 8, ...; the rows are added in their order.
__global__ void conv_transpose2d_add_parts_kernel(AddPartsArgs a) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kSumColumns + thread_x();
  const bool inside = i < a.count;
  SELFSAME_SHARED(float, rows, [kSumRows][kSumColumns]);

  float sum = 0.0f;
  const float* lane = a.partial + static_cast<std::int64_t>(block_y()) * a.parts * a.count;
  for (int part = thread_y(); inside && part < a.parts; part += kSumRows) {
    sum += lane[part * a.count + i];
  }
  rows[thread_y()][thread_x()] = sum;
  sync_threads();

  if (inside && thread_y() == 0) {
#pragma unroll
    for (int r = 1; r < kSumRows; ++r) {
      sum += rows[r][thread_x()];
    }
    a.dw[block_y() * a.lane_stride + i] += sum;
  }
}

}  // namespace

void add_parts(ParameterView dw, const float* partial, int parts, Stream& stream) {
  const AddPartsArgs a{dw.lane<float>(0), partial, dw.lane_stride, dw.count(), parts};
  launch("conv_transpose2d_add_parts", conv_transpose2d_add_parts_kernel,
         LaunchShape{{blocks_for(a.count, kSumColumns), dw.lanes, 1}, {kSumColumns, kSumRows, 1}}, stream, a);
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d

namespace selfsame::SELFSAME_GPU::conv_transpose2d_tensor_core {
namespace {

using namespace conv_transpose2d;

constexpr int kColumnWarps = 2;  // of 4: the others are rows
constexpr int kRowTiles = 2;     // mma tiles of 16 channels c of a warp
constexpr int kWarpKBlocks = 2;  // a warp's columns: 2 blocks of k with 4 taps
constexpr int kWarpUnits = kWarpKBlocks * kTaps;

/// The words of one mma step of x, 16 channels from block `unit` on, and of two units of dy.
template <typename T, typename Loader, int kPitch>
struct Fragments;

template <typename Loader, int kPitch>
struct Fragments<bf16, Loader, kPitch> {
  static constexpr int kPixels = 16;
  /// Lane t names row t % 8 of matrix t / 8: pixels 0..7 of both blocks, then pixels 8..15.
  __device__ static void x(unsigned (&r)[4], const Words* stage, int unit, int pixel) {
    const int t = lane_id();
    load_matrix_x4_transposed(
        r, &stage[Loader::x_piece(unit + t / 8 % 2, 0) * kPitch + pixel + t / 16 * 8 + t % 8]);
  }
  /// Pixels 0..7 and 8..15 of the first unit, then of the second.
  __device__ static void dy(unsigned (&r)[4], const Words* stage, int unit, int pixel) {
    const int t = lane_id();
    load_matrix_x4_transposed(
        r, &stage[Loader::dy_piece(unit + t / 16, 0) * kPitch + pixel + t / 8 % 2 * 8 + t % 8]);
  }
  __device__ static void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_bf16(d, a, b);
  }
};

/// ldmatrix does not transpose words of 32 bits: every thread reads its own.
template <typename Loader, int kPitch>
struct Fragments<float, Loader, kPitch> {
  static constexpr int kPixels = 8;
  __device__ static unsigned word(const Words* stage, int piece, int pixel) {
    const int channel = lane_id() / 4 % 4;
    return to_tf32(__builtin_bit_cast(float, stage[piece * kPitch + pixel].v[channel]));
  }
  __device__ static void x(unsigned (&r)[4], const Words* stage, int unit, int pixel) {
    const int half = lane_id() / 16, quad = lane_id() % 4;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      r[i] = word(stage, Loader::x_piece(unit + i % 2, half), pixel + quad + i / 2 * 4);
    }
  }
  __device__ static void dy(unsigned (&r)[4], const Words* stage, int unit, int pixel) {
    const int half = lane_id() / 16, quad = lane_id() % 4;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      r[i] = word(stage, Loader::dy_piece(unit + i / 2, half), pixel + quad + i % 2 * 4);
    }
  }
  __device__ static void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    mma_tf32(d, a, b);
  }
};

/// Four warps, each 32 channels c x 2 blocks of k with 4 taps.
template <typename T>
__global__ void __launch_bounds__(kWeightThreads)
    conv_transpose2d_backward_weight_kernel(WeightGradientArgs<T> a) {
  constexpr int kPitch = weight_pitch_tensor_core(dtype_of<T>());
  using Loader = WeightLoader<T, kPitch, true>;
  using Fragment = Fragments<T, Loader, kPitch>;
  const int c_tile = block_x() / a.k_tiles, k_tile = block_x() % a.k_tiles, t = lane_id();
  const int warp_c = warp_id() / kColumnWarps * 2 * kRowTiles;  // blocks of c in the tile
  const int warp_k = warp_id() % kColumnWarps * kWarpKBlocks;   // blocks of k in the tile

  Words* stages = dynamic_shared<Words>();  // [kStages][pieces of x, then of dy][kPitch]

  float sum[kRowTiles][kWarpUnits][4] = {};
  const Loader loader(block_z(), c_tile, k_tile);
  for_each_chunk(loader, a, stages, [&](const Words* stage) {
#pragma unroll
    for (int pixel = 0; pixel < kWeightPixels; pixel += Fragment::kPixels) {
      unsigned x[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        Fragment::x(x[m], stage, warp_c + 2 * m, pixel);
      }
#pragma unroll
      for (int u = 0; u < kWarpUnits; u += 2) {
        unsigned dy[4];
        Fragment::dy(dy, stage, warp_k * kTaps + u, pixel);
        const unsigned dy0[2] = {dy[0], dy[1]}, dy1[2] = {dy[2], dy[3]};
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          Fragment::multiply(sum[m][u], x[m], dy0);
          Fragment::multiply(sum[m][u + 1], x[m], dy1);
        }
      }
    }
  });

  float* partial = partial_of(a, block_z(), block_y());
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const int c = a.c.logical((c_tile * kWeightCBlocks + warp_c + 2 * m + r / 2) * kBlock + t / 4);
#pragma unroll
      for (int b = 0; b < kWarpKBlocks; ++b) {
        const int k = a.k.logical((k_tile * kWeightKBlocks + warp_k + b) * kBlock + 2 * (t % 4) + r % 2);
        if (c >= 0 && k >= 0) {
          Pack<float, kTaps> taps;
#pragma unroll
          for (int tap = 0; tap < kTaps; ++tap) {
            taps.v[tap] = sum[m][b * kTaps + tap][r];
          }
          reinterpret_cast<Pack<float, kTaps>*>(partial)[static_cast<std::int64_t>(c) * a.k.count + k] = taps;
        }
      }
    }
  }
}

}  // namespace

void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  for_gpu_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    run_weight<T>("conv_transpose2d_backward_weight_tensor_core", conv_transpose2d_backward_weight_kernel<T>,
                  weight_pitch_tensor_core(x.dtype), dw, dy, x, stream);
  });
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d_tensor_core
