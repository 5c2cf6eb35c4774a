// SPDX-License-Identifier: Apache-2.0
// Forward and data gradient of conv2d on tensor cores, for bf16 and (as tf32) float storage.
//
// An implicit matrix product: rows are pixels, columns output channels, the sum runs over input channels and
// taps. A block of four warps owns the tile of conv2d_gpu_plan.hpp and marches over chunks of two units of
// input channels (16 in bf16, 8 in float). Per chunk, the input tile with its halo and the weights of all
// taps lie in one of two stages of shared memory; the next chunk is copied in the background while this one
// is multiplied. A warp holds the input rows of its 8x8 pixels as half fragments (8 pixels x 2 units),
// shifted by the tap's column, and uses each for all rows of the filter: output rows (p, p+1) and filter row
// r need input rows (p+r, p+1+r), which is a choice of registers, not a load.
//
// Per chunk a warp of 8x8 pixels x 64 channels loads 3*(5+12) matrices of 512 bytes for 288 products: 45 flop
// per byte of shared memory. The sum of an output element runs over chunks, filter columns, filter rows in
// this order whatever the tile, so its bits do not depend on the plan.
//
// The pieces are apart so that another main loop (wgmma, TMA) can replace one of them: copy_tile and
// copy_filter fill a stage, multiply_chunk empties it, store_tile ends. Not yet run on a GPU.
#pragma once
#include "kernels/conv2d/conv2d_filter.cuh"
#include "kernels/conv2d/conv2d_fragments.cuh"

namespace selfsame::SELFSAME_GPU {

template <typename T>
struct ConvArgs {
  Activation<T> x;
  PackedFilter<T> filter;
  T* __restrict__ y;
  std::int64_t y_stride;
  const float* __restrict__ bias;  // (L, channels) or null
  std::int64_t bias_lane;
  int y_blocks, y_channels;  // of the bias: channels that are no padding
  int tiles_y, tiles_x, lane_samples;
};

/// Sizes that follow from a tile and the filter.
template <int kFilter, ConvTile kTile>
struct ConvStage {
  static constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2;
  static constexpr int kRows = kTile.rows() + 2 * kPad, kCols = kTile.cols() + 2 * kPad;
  static constexpr int kPixels = kRows * kCols;
  static constexpr int kChannels = kTile.channels();
  static constexpr int kUnits = 2 * kPixels + 2 * kTaps * kChannels;  // of one stage
};

/// Sums of one warp: output rows (2m, 2m+1) x 8 columns, channel block n. Elements as in mma: lane t holds
/// pixel t/4 of row 2m and channels 2*(t%4), +1 in [0], [1], the same of row 2m+1 in [2], [3].
constexpr int kRowPairs = 4;
template <ConvTile kTile>
using ConvSums = float[kRowPairs][kTile.n_tiles][4];

/// Where a warp's tile lies in the block's.
template <ConvTile kTile>
struct WarpPlace {
  int row, col, channel;
  __device__ static WarpPlace of(int index) {
    return {index / kTile.warps_x % kTile.warps_y * 8, index % kTile.warps_x * 8,
            index / (kTile.warps_x * kTile.warps_y) * 8 * kTile.n_tiles};
  }
};

/// sums += products of one chunk.
template <int kFilter, ConvTile kTile, typename T>
__device__ inline void multiply_chunk(ConvSums<kTile>& sums, const Unit* halo, const Unit* filter,
                                      const WarpPlace<kTile>& warp, T) {
  using Stage = ConvStage<kFilter, kTile>;
  constexpr int kInputRows = 8 + kFilter - 1;
  static_assert(kInputRows % 2 == 0 && kTile.n_tiles % 2 == 0,
                "ldmatrix loads rows and channel blocks in pairs");
  // Lane i gives row i%8 of matrix i/8. Input: matrices (row, unit 0), (row+1, unit 0), (row, unit 1),
  // (row+1, unit 1), the order of an operand's registers: a pair of rows that begins at an even one is an
  // operand as it is loaded. Those that begin at an odd one are put together once for all channels of the
  // warp.
  const int matrix = lane_id() / 8, line = lane_id() % 8;
  const Unit* x_line =
      halo + (matrix / 2) * Stage::kPixels + (warp.row + matrix % 2) * Stage::kCols + warp.col + line;
  // Weights: (block n, unit 0), (block n, unit 1), (block n+1, unit 0), ...
  const Unit* w_line = filter + (matrix % 2) * Stage::kChannels + warp.channel + matrix / 2 * 8 + line;
#pragma unroll
  for (int s = 0; s < kFilter; ++s) {
    unsigned x[kInputRows / 2][4];
#pragma unroll
    for (int pair = 0; pair < kInputRows / 2; ++pair) {
      load_matrix_x4(x[pair], x_line + 2 * pair * Stage::kCols + s);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        x[pair][i] = operand<T>(x[pair][i]);
      }
    }
#pragma unroll
    for (int r = 0; r < kFilter; ++r) {
      unsigned w[kTile.n_tiles][2];
#pragma unroll
      for (int n = 0; n < kTile.n_tiles; n += 2) {
        unsigned two[4];
        load_matrix_x4(two, w_line + (r * kFilter + s) * 2 * Stage::kChannels + n * 8);
        w[n][0] = two[0], w[n][1] = two[1], w[n + 1][0] = two[2], w[n + 1][1] = two[3];
      }
#pragma unroll
      for (int m = 0; m < kRowPairs; ++m) {
        const int pair = m + r / 2;
        if (r % 2 == 0) {
#pragma unroll
          for (int n = 0; n < kTile.n_tiles; ++n) {
            multiply(sums[m][n], x[pair], w[n], T{});
          }
        } else {
          const unsigned a[4] = {x[pair][1], x[pair + 1][0], x[pair][3], x[pair + 1][2]};
#pragma unroll
          for (int n = 0; n < kTile.n_tiles; ++n) {
            multiply(sums[m][n], a, w[n], T{});
          }
        }
      }
    }
  }
}

/// y = sums + bias, from (h0, w0) and channel block `block0` of the warp on. A store of a warp is 8 pixels of
/// a block: 128 contiguous bytes in bf16, 256 in float. Sums of padding channels are zero: so are their
/// weights.
template <ConvTile kTile, typename T>
__device__ inline void store_tile(const ConvArgs<T>& a, const ConvSums<kTile>& sums, std::int64_t n, int h0,
                                  int w0, int block0) {
  const int w = w0 + lane_id() / 4, channel = lane_id() % 4 * 2, rows = a.x.h - h0;
  const std::int64_t row_elements = static_cast<std::int64_t>(a.x.w) * kGpuChannelBlock;
  T* to = a.y + n * a.y_stride + (static_cast<std::int64_t>(block0) * a.x.h + h0) * row_elements +
          w * kGpuChannelBlock + channel;
  const float* bias = a.bias == nullptr ? nullptr : a.bias + n / a.lane_samples * a.bias_lane;
#pragma unroll
  for (int i = 0; i < kTile.n_tiles; ++i, to += a.x.h * row_elements) {
    const int block = block0 + i, k = block * kGpuChannelBlock + channel;
    if (block >= a.y_blocks || w >= a.x.w) {
      continue;
    }
    const float b0 = bias != nullptr && k < a.y_channels ? bias[k] : 0.0f;
    const float b1 = bias != nullptr && k + 1 < a.y_channels ? bias[k + 1] : 0.0f;
#pragma unroll
    for (int row = 0; row < 2 * kRowPairs; ++row) {
      if (row < rows) {
        const float(&pair)[4] = sums[row / 2][i];
        store_pair(to + row * row_elements, pair[row % 2 * 2] + b0, pair[row % 2 * 2 + 1] + b1);
      }
    }
  }
}

// The tile by its index: nvcc 13.0 cannot name a kernel that has a struct among its template arguments.
template <typename T, int kFilter, int kTileIndex>
__global__ void conv2d_tensor_core_kernel(ConvArgs<T> a) {
  constexpr ConvTile kTile = kConvTiles[kTileIndex];
  using Stage = ConvStage<kFilter, kTile>;
  const int tile = block_x() % (a.tiles_y * a.tiles_x);
  const std::int64_t n = block_x() / (a.tiles_y * a.tiles_x), lane = n / a.lane_samples;
  const int h0 = tile / a.tiles_x * kTile.rows(), w0 = tile % a.tiles_x * kTile.cols();
  const int k0 = block_y() * Stage::kChannels;
  const auto warp = WarpPlace<kTile>::of(warp_id());

  Unit* stages =
      dynamic_shared<Unit>();  // [2]: input [2 units][rows][cols], weights [tap][2 units][channels]
  const auto load = [&](int chunk) {
    Unit* stage = stages + chunk % 2 * Stage::kUnits;
    copy_tile<2, Stage::kRows, Stage::kCols, Stage::kPixels>(stage, a.x, n, 2 * chunk, h0 - Stage::kPad,
                                                             w0 - Stage::kPad);
    copy_filter<Stage::kTaps, Stage::kChannels>(stage + 2 * Stage::kPixels, a.filter, lane, chunk, k0);
    copy_async_commit();
  };

  ConvSums<kTile> sums = {};
  load(0);
  for (int chunk = 0; chunk < a.filter.chunks; ++chunk) {
    copy_async_wait<0>();
    sync_threads();  // this chunk is there for all, and all are done with the one before it
    if (chunk + 1 < a.filter.chunks) {
      load(chunk + 1);
    }
    const Unit* stage = stages + chunk % 2 * Stage::kUnits;
    multiply_chunk<kFilter, kTile>(sums, stage, stage + 2 * Stage::kPixels, warp, T{});
  }

  store_tile<kTile>(a, sums, n, h0 + warp.row, w0 + warp.col, (k0 + warp.channel) / kGpuChannelBlock);
}

template <int kIndex, typename T>
void launch_tile(const ConvArgs<T>& a, const ConvPlan& plan, int filter, std::int64_t samples,
                 Stream& stream) {
  if (plan.tile == kIndex) {
    const LaunchShape shape{{samples * plan.tiles_y * plan.tiles_x, plan.channel_tiles, 1},
                            {kConvThreads, 1, 1},
                            plan.shared_bytes};
    filter == 3 ? launch("conv2d_tensor_core", conv2d_tensor_core_kernel<T, 3, kIndex>, shape, stream, a)
                : launch("conv2d_tensor_core_1x1", conv2d_tensor_core_kernel<T, 1, kIndex>, shape, stream, a);
  } else if constexpr (kIndex + 1 < kConvTileCount) {
    launch_tile<kIndex + 1>(a, plan, filter, samples, stream);
  }
}

inline ConvOutput output_of(const ConstTensorView& out, const ConstParameterView& w) {
  return {out.shape.n, out.shape.h, out.shape.w, out.blocks(), static_cast<int>(w.dims[2])};
}

/// out = in convolved with the filter of `pass`, + b if there is one.
template <typename T>
void tensor_core_convolve(TensorView out, ConstTensorView in, ConstParameterView w, ConstParameterView b,
                          ConvPass pass, FilterRounding rounding, const ConvPlan& plan, Stream& stream) {
  if (out.shape.count() == 0) {
    return;
  }
  Scratch scratch(stream);
  activation_of<T>(out);  // checks its layout
  const ConvArgs<T> a{activation_of<T>(in),
                      pack_filter<T>(scratch, w, out, in, pass, rounding, stream),
                      out.as<T>(),
                      out.sample_stride,
                      static_cast<const float*>(b.data),
                      b.lane_stride,
                      static_cast<int>(out.blocks()),
                      static_cast<int>(out.shape.c),
                      static_cast<int>(plan.tiles_y),
                      static_cast<int>(plan.tiles_x),
                      static_cast<int>(out.shape.n / w.lanes)};
  launch_tile<0>(a, plan, static_cast<int>(w.dims[2]), out.shape.n, stream);
}

template <typename T>
void tensor_core_convolve(TensorView out, ConstTensorView in, ConstParameterView w, ConstParameterView b,
                          ConvPass pass, FilterRounding rounding, Stream& stream) {
  tensor_core_convolve<T>(out, in, w, b, pass, rounding, conv2d_tensor_core_plan(output_of(out, w)), stream);
}

}  // namespace selfsame::SELFSAME_GPU
