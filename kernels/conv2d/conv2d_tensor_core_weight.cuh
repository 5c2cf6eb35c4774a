// SPDX-License-Identifier: Apache-2.0
// Weight gradient of conv2d on tensor cores, for bf16 and (as tf32) float storage.
//
// A matrix product whose rows are channels of dy, whose columns are channels of x, and whose sum runs over
// pixels; one for every tap, all from the same tiles: dy, and x with its halo. A block of four warps owns
// k_tile x 32 channels and marches over the pixel tiles of its part of the lane, two stages in shared memory.
// Two warps share the channels of dy, two those of x: a warp holds 9 taps x (16 or 32) x 16 sums.
//
// A warp walks down eight columns of pixels. Half fragments of x (8 pixels of a row x 8 channels, one for
// each of the three column shifts) stay in registers while three filter rows use them; a fragment of dy
// serves all nine taps. Per two rows of 8 pixels in bf16, a warp of 32 x 16 channels loads 5 matrices of 512
// bytes for 36 products: 58 flop per byte of shared memory. Not yet run on a GPU.
#pragma once
#include "kernels/conv2d/conv2d_fragments.cuh"
#include "kernels/conv2d/conv2d_weight_parts.cuh"

namespace selfsame::SELFSAME_GPU {

template <typename T>
struct ConvWeightArgs {
  Activation<T> dy, x;
  ChannelMap k_map, c_map;
  WeightSums sums;
  std::int64_t first_lane, lane_samples, parts;
  int tiles_y, tiles_x, c_tiles;
};

/// One tile of the walk over a lane's pixels.
struct PixelTile {
  std::int64_t sample;
  int h, w;
};
template <typename T>
__device__ inline PixelTile pixel_tile(const ConvWeightArgs<T>& a, std::int64_t lane, std::int64_t i,
                                       int rows, int cols) {
  const int tiles = a.tiles_y * a.tiles_x, tile = static_cast<int>(i % tiles);
  return {lane * a.lane_samples + i / tiles, tile / a.tiles_x * rows, tile % a.tiles_x * cols};
}

constexpr int kWeightCTile = 32;  ///< channels of x per block
constexpr int kWeightRows = 32;   ///< channels of dy whose sums leave through shared memory together

/// Writes kWeightRows x 32 channels x taps of sums from shared memory, rows of conv2d_weight_row(taps) laid
/// out as dw. `k_of(row)`: the padded channel of dy of a row.
template <int kTaps, typename T, typename KOf>
__device__ inline void store_weight_rows(const ConvWeightArgs<T>& a, const float* rows, std::int64_t lane,
                                         std::int64_t part, int c0, KOf k_of) {
  constexpr int kRow = kWeightCTile * kTaps;
  for (int i = thread_x(); i < kWeightRows * kRow; i += kConvThreads) {
    const int k = k_of(i / kRow), padded = c0 + i % kRow / kTaps;
    const int c = padded < a.c_map.padded ? a.c_map.logical(padded) : -1;
    if (k < a.k_map.channels && c >= 0) {
      add_weight(a.sums, lane, part, k, c * kTaps + i % kTaps,
                 rows[i / kRow * conv2d_weight_row(kTaps) + i % kRow]);
    }
  }
}

/// Sizes of a stage. kMTiles: 16 channels of dy per warp, one or two.
template <typename T, int kFilter, int kMTiles, int kCols>
struct WeightStage {
  static constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2, kRows = 8;
  static constexpr int kKTile = 32 * kMTiles;
  static constexpr int kXRows = kRows + 2 * kPad, kXCols = kCols + 2 * kPad;
  // See conv2d_tensor_core_weight_plan for the float's four pixels more.
  static constexpr int kDyStride = kRows * kCols + (sizeof(T) == 4 ? 4 : 0), kXStride = kXRows * kXCols;
  static constexpr int kDyUnits = kKTile / kUnitChannels<T>, kXUnits = kWeightCTile / kUnitChannels<T>;
  static constexpr int kX = kDyUnits * kDyStride, kUnits = kX + kXUnits * kXStride;
};

/// Sums of a warp: 16 channels m of dy x 8 channels n of x for every tap, as in mma.
template <int kTaps, int kMTiles>
using WeightTileSums = float[kTaps][kMTiles][2][4];

/// sums += products of the 8 rows of 8 columns from `col` on, bf16. Rows in pairs: 16 pixels are one product.
template <typename Stage, int kFilter, int kMTiles>
__device__ inline void multiply_columns(WeightTileSums<kFilter * kFilter, kMTiles>& sums, const Unit* dy,
                                        const Unit* x, int warp_k, int warp_c, int cols, int col, bf16) {
  constexpr int kHalo = kFilter - 1;
  // Matrices: (row, unit 0), (row, unit 1), (row+1, unit 0), (row+1, unit 1), transposed as they are loaded.
  const int matrix = lane_id() / 8, line = lane_id() % 8;
  const Unit* dy_line =
      dy + (warp_k * kMTiles * 2 + matrix % 2) * Stage::kDyStride + matrix / 2 * cols + col + line;
  const Unit* x_line =
      x + (warp_c * 2 + matrix % 2) * Stage::kXStride + matrix / 2 * Stage::kXCols + col + line;
  unsigned b[kFilter][2 + kHalo][2];  // (column shift, row of a window, channel block)
  const auto load_x = [&](int window, int row) {
#pragma unroll
    for (int s = 0; s < kFilter; ++s) {
      unsigned r[4];
      load_matrix_x4_transposed(r, x_line + row * Stage::kXCols + s);
      b[s][window][0] = r[0], b[s][window][1] = r[1];
      b[s][window + 1][0] = r[2], b[s][window + 1][1] = r[3];
    }
  };
  if constexpr (kHalo > 0) {
    load_x(0, 0);
  }
#pragma unroll
  for (int row = 0; row < Stage::kRows; row += 2) {
    load_x(kHalo, row + kHalo);
    unsigned a[kMTiles][4];
#pragma unroll
    for (int m = 0; m < kMTiles; ++m) {
      load_matrix_x4_transposed(a[m], dy_line + m * 2 * Stage::kDyStride + row * cols);
    }
#pragma unroll
    for (int tap = 0; tap < kFilter * kFilter; ++tap) {
      const int r = tap / kFilter, s = tap % kFilter;
#pragma unroll
      for (int n = 0; n < 2; ++n) {
        const unsigned pair[2] = {b[s][r][n], b[s][r + 1][n]};
#pragma unroll
        for (int m = 0; m < kMTiles; ++m) {
          mma_bf16(sums[tap][m][n], a[m], pair);
        }
      }
    }
    if constexpr (kHalo > 0) {
#pragma unroll
      for (int s = 0; s < kFilter; ++s) {
#pragma unroll
        for (int n = 0; n < 2; ++n) {
          b[s][0][n] = b[s][2][n], b[s][1][n] = b[s][3][n];
        }
      }
    }
  }
}

/// The same for float, rounded to tf32: 8 pixels are one product. There is no transposing load of 32-bit
/// elements: lane t reads channel t/4 of pixels t%4 and t%4+4 itself.
template <typename Stage, int kFilter, int kMTiles>
__device__ inline void multiply_columns(WeightTileSums<kFilter * kFilter, kMTiles>& sums, const Unit* dy,
                                        const Unit* x, int warp_k, int warp_c, int cols, int col, float) {
  constexpr int kHalo = kFilter - 1;
  const int channel = lane_id() / 4, pixel = lane_id() % 4;
  const auto element = [&](const Unit* units, int stride, int block, int at) {
    return operand<float>(units[(block * 2 + channel / 4) * stride + at + pixel].word[channel % 4]);
  };
  unsigned b[kFilter][1 + kHalo][2][2];  // (column shift, row of a window, channel block, half of the pixels)
  const auto load_x = [&](int window, int row) {
#pragma unroll
    for (int s = 0; s < kFilter; ++s) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        b[s][window][i / 2][i % 2] =
            element(x, Stage::kXStride, warp_c * 2 + i / 2, row * Stage::kXCols + col + s + i % 2 * 4);
      }
    }
  };
#pragma unroll
  for (int row = 0; row < kHalo; ++row) {
    load_x(row, row);
  }
#pragma unroll
  for (int row = 0; row < Stage::kRows; ++row) {
    load_x(kHalo, row + kHalo);
#pragma unroll
    for (int m = 0; m < kMTiles; ++m) {
      unsigned a[4];  // (channels 0..7, pixels 0..3), (8..15, 0..3), (0..7, 4..7), (8..15, 4..7)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        a[i] =
            element(dy, Stage::kDyStride, (warp_k * kMTiles + m) * 2 + i % 2, row * cols + col + i / 2 * 4);
      }
#pragma unroll
      for (int tap = 0; tap < kFilter * kFilter; ++tap) {
#pragma unroll
        for (int n = 0; n < 2; ++n) {
          mma_tf32(sums[tap][m][n], a, b[tap % kFilter][tap / kFilter][n]);
        }
      }
    }
    if constexpr (kHalo > 0) {
#pragma unroll
      for (int i = 0; i < kFilter * 4; ++i) {
        const int s = i / 4, n = i / 2 % 2, half = i % 2;
        b[s][0][n][half] = b[s][1][n][half], b[s][1][n][half] = b[s][2][n][half];
      }
    }
  }
}

/// Writes the sums of a warp's channels m (16 of dy, 16 of x) to rows (32, 32, taps) of shared
/// memory.
template <int kTaps, int kMTiles>
__device__ inline void stage_weight_rows(float* rows, const WeightTileSums<kTaps, kMTiles>& sums, int m,
                                         int warp_k, int warp_c) {
#pragma unroll
  for (int tap = 0; tap < kTaps; ++tap) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const int n = i / 4, e = i % 4;
      const int k = warp_k * 16 + lane_id() / 4 + e / 2 * 8;
      const int c = warp_c * 16 + n * 8 + lane_id() % 4 * 2 + e % 2;
      rows[k * conv2d_weight_row(kTaps) + c * kTaps + tap] = sums[tap][m][n][e];
    }
  }
}

template <typename T, int kFilter, int kMTiles, int kCols>
__global__ void conv2d_tensor_core_weight_kernel(ConvWeightArgs<T> a) {
  using Stage = WeightStage<T, kFilter, kMTiles, kCols>;
  const int k0 = block_y() / a.c_tiles * Stage::kKTile, c0 = block_y() % a.c_tiles * kWeightCTile;
  const int warp_k = warp_id() / 2, warp_c = warp_id() % 2;
  const std::int64_t lane = a.first_lane + block_z();
  const std::int64_t tiles = a.lane_samples * a.tiles_y * a.tiles_x;
  const PartRange range = PartRange::of(tiles, block_x(), a.parts);

  Unit* stages = dynamic_shared<Unit>();  // [2]: dy [units of k][8][kCols], x [units of c][rows][columns]
  const auto load = [&](std::int64_t i) {
    const PixelTile at = pixel_tile(a, lane, i, Stage::kRows, kCols);
    Unit* stage = stages + (i - range.first) % 2 * Stage::kUnits;
    copy_tile<Stage::kDyUnits, Stage::kRows, kCols, Stage::kDyStride>(stage, a.dy, at.sample,
                                                                      k0 / kUnitChannels<T>, at.h, at.w);
    copy_tile<Stage::kXUnits, Stage::kXRows, Stage::kXCols, Stage::kXStride>(
        stage + Stage::kX, a.x, at.sample, c0 / kUnitChannels<T>, at.h - Stage::kPad, at.w - Stage::kPad);
    copy_async_commit();
  };

  WeightTileSums<Stage::kTaps, kMTiles> sums = {};
  load(range.first);
  for (std::int64_t i = range.first; i < range.last; ++i) {
    copy_async_wait<0>();
    sync_threads();  // this tile is there for all, and all are done with the one before it
    if (i + 1 < range.last) {
      load(i + 1);
    }
    const Unit* stage = stages + (i - range.first) % 2 * Stage::kUnits;
#pragma unroll 1  // the registers are full
    for (int col = 0; col < kCols; col += 8) {
      multiply_columns<Stage, kFilter, kMTiles>(sums, stage, stage + Stage::kX, warp_k, warp_c, kCols, col,
                                                T{});
    }
  }

  float* rows = dynamic_shared<float>();  // [32 k][32 c][taps], see conv2d_weight_row
#pragma unroll
  for (int m = 0; m < kMTiles; ++m) {
    sync_threads();
    stage_weight_rows<Stage::kTaps, kMTiles>(rows, sums, m, warp_k, warp_c);
    sync_threads();
    store_weight_rows<Stage::kTaps>(a, rows, block_z(), block_x(), c0,
                                    [&](int row) { return k0 + (row / 16 * kMTiles + m) * 16 + row % 16; });
  }
}

template <typename T, int kFilter>
void launch_weight(const ConvWeightArgs<T>& a, const ConvWeightPlan& plan, std::int64_t lanes,
                   Stream& stream) {
  const LaunchShape shape{
      {plan.parts, plan.k_tiles * plan.c_tiles, lanes}, {kConvThreads, 1, 1}, plan.shared_bytes};
  const LaunchName name("conv2d_tensor_core_weight");
  if (plan.k_tile == 64) {
    plan.cols == 16 ? launch(name, conv2d_tensor_core_weight_kernel<T, kFilter, 2, 16>, shape, stream, a)
                    : launch(name, conv2d_tensor_core_weight_kernel<T, kFilter, 2, 8>, shape, stream, a);
  } else {
    plan.cols == 16 ? launch(name, conv2d_tensor_core_weight_kernel<T, kFilter, 1, 16>, shape, stream, a)
                    : launch(name, conv2d_tensor_core_weight_kernel<T, kFilter, 1, 8>, shape, stream, a);
  }
}

template <typename T>
ConvWeightArgs<T> weight_args(const ConvWeightPlan& plan, const ParameterView& dw, const ConstTensorView& dy,
                              const ConstTensorView& x) {
  ConvWeightArgs<T> a{};
  a.dy = activation_of<T>(dy), a.x = activation_of<T>(x);
  a.k_map = channel_map(dy), a.c_map = channel_map(x);
  a.lane_samples = x.shape.n / dw.lanes, a.parts = plan.parts;
  a.tiles_y = static_cast<int>(plan.tiles_y), a.tiles_x = static_cast<int>(plan.tiles_x);
  a.c_tiles = static_cast<int>(plan.c_tiles);
  return a;
}

template <typename T>
void tensor_core_weight_gradient(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                                 Stream& stream) {
  if (x.shape.count() == 0) {
    return;
  }
  Scratch scratch(stream);
  const ConvWeightPlan plan = conv2d_tensor_core_weight_plan(weight_shape(dw, dy, x), kUnitChannels<T>);
  ConvWeightArgs<T> a = weight_args<T>(plan, dw, dy, x);
  sum_weight_parts(dw, plan, scratch, stream, [&](const WeightSums& sums, std::int64_t first, auto lanes) {
    a.sums = sums, a.first_lane = first;
    dw.dims[2] == 3 ? launch_weight<T, 3>(a, plan, lanes, stream)
                    : launch_weight<T, 1>(a, plan, lanes, stream);
  });
  bias_gradient(db, dy, scratch, stream);
}

}  // namespace selfsame::SELFSAME_GPU
