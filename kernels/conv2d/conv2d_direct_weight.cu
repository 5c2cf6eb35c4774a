// SPDX-License-Identifier: Apache-2.0
// The weight gradient of kernels/conv2d/conv2d.hpp in fp32 without tensor cores. Not yet run on a GPU.
//
// A block of 128 threads owns 32 channels of dy x 32 of x and marches over tiles of 4x16 pixels, two stages
// in shared memory. A thread owns 4 channels of dy x 2 of x x all taps: 72 sums. Along a row of pixels, 3
// rows x 3 columns of x stay in registers; every pixel loads one 16-byte unit of dy and three new pairs of x
// for 72 multiply-adds.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_tensor_core_weight.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_direct {
namespace {

constexpr int kRows = 4, kCols = 16;                          // pixels of a tile
constexpr int kKTile = 32, kCTile = kWeightCTile;             // channels of a block
constexpr int kThreadK = kUnitChannels<float>, kThreadC = 2;  // channels of a thread
static_assert(kKTile / kThreadK * (kCTile / kThreadC) == kConvThreads, "one pair of channel groups each");

template <int kFilter>
struct DirectWeightStage {
  static constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2;
  static constexpr int kXRows = kRows + 2 * kPad, kXCols = kCols + 2 * kPad;
  // Odd: the eight units of dy that a warp reads together lie in different banks.
  static constexpr int kDyStride = kRows * kCols | 1, kXStride = kXRows * kXCols | 1;
  static constexpr int kDyUnits = kKTile / kThreadK, kXUnits = kCTile / kUnitChannels<float>;
  static constexpr int kX = kDyUnits * kDyStride, kUnits = kX + kXUnits * kXStride;
};

template <int kTaps>
using ThreadSums = float[kThreadK][kThreadC][kTaps];

/// sums += products of one row of pixels. dy, x: the thread's channels at the row's first pixel; `half`:
/// which two channels of the unit of x.
template <int kFilter>
__device__ inline void multiply_row(ThreadSums<kFilter * kFilter>& sums, const Unit* dy, const Unit* x,
                                    int half) {
  using Stage = DirectWeightStage<kFilter>;
  using Two = Pack<float, kThreadC>;
  using Four = Pack<float, kThreadK>;
  Two in[kFilter][kFilter];  // (row, column)
  const auto load_column = [&](int to, int col) {
#pragma unroll
    for (int r = 0; r < kFilter; ++r) {
      in[r][to] = *reinterpret_cast<const Two*>(x[r * Stage::kXCols + col].word + half * kThreadC);
    }
  };
#pragma unroll
  for (int col = 0; col < kFilter - 1; ++col) {
    load_column(col, col);
  }
#pragma unroll 4
  for (int q = 0; q < kCols; ++q) {
    load_column(kFilter - 1, q + kFilter - 1);
    const Four g = *reinterpret_cast<const Four*>(dy + q);
#pragma unroll
    for (int k = 0; k < kThreadK; ++k) {
#pragma unroll
      for (int c = 0; c < kThreadC; ++c) {
#pragma unroll
        for (int tap = 0; tap < kFilter * kFilter; ++tap) {
          sums[k][c][tap] += g.v[k] * in[tap / kFilter][tap % kFilter].v[c];
        }
      }
    }
#pragma unroll
    for (int r = 0; r < kFilter; ++r) {
#pragma unroll
      for (int s = 0; s + 1 < kFilter; ++s) {
        in[r][s] = in[r][s + 1];
      }
    }
  }
}

template <int kFilter>
__global__ void conv2d_direct_weight_kernel(ConvWeightArgs<float> a) {
  using Stage = DirectWeightStage<kFilter>;
  const int k0 = block_y() / a.c_tiles * kKTile, c0 = block_y() % a.c_tiles * kCTile;
  const int k_unit = thread_x() % Stage::kDyUnits, c_pair = thread_x() / Stage::kDyUnits;
  const std::int64_t lane = a.first_lane + block_z();
  const PartRange range = PartRange::of(a.lane_samples * a.tiles_y * a.tiles_x, block_x(), a.parts);

  Unit* stages = dynamic_shared<Unit>();  // [2]: dy [units of k][kRows][kCols], x [units of c][rows][columns]
  const auto load = [&](std::int64_t i) {
    const PixelTile at = pixel_tile(a, lane, i, kRows, kCols);
    Unit* stage = stages + (i - range.first) % 2 * Stage::kUnits;
    copy_tile<Stage::kDyUnits, kRows, kCols, Stage::kDyStride>(stage, a.dy, at.sample, k0 / kThreadK, at.h,
                                                               at.w);
    copy_tile<Stage::kXUnits, Stage::kXRows, Stage::kXCols, Stage::kXStride>(
        stage + Stage::kX, a.x, at.sample, c0 / kUnitChannels<float>, at.h - Stage::kPad, at.w - Stage::kPad);
    copy_async_commit();
  };

  ThreadSums<Stage::kTaps> sums = {};
  load(range.first);
  for (std::int64_t i = range.first; i < range.last; ++i) {
    copy_async_wait<0>();
    sync_threads();  // this tile is there for all, and all are done with the one before it
    if (i + 1 < range.last) {
      load(i + 1);
    }
    const Unit* stage = stages + (i - range.first) % 2 * Stage::kUnits;
    for (int row = 0; row < kRows; ++row) {
      multiply_row<kFilter>(sums, stage + k_unit * Stage::kDyStride + row * kCols,
                            stage + Stage::kX + c_pair / 2 * Stage::kXStride + row * Stage::kXCols,
                            c_pair % 2);
    }
  }
  sync_threads();

  float* rows = dynamic_shared<float>();  // [32 k][32 c][taps], see conv2d_weight_row
#pragma unroll
  for (int k = 0; k < kThreadK; ++k) {
#pragma unroll
    for (int c = 0; c < kThreadC; ++c) {
#pragma unroll
      for (int tap = 0; tap < Stage::kTaps; ++tap) {
        rows[(k_unit * kThreadK + k) * conv2d_weight_row(Stage::kTaps) +
             (c_pair * kThreadC + c) * Stage::kTaps + tap] = sums[k][c][tap];
      }
    }
  }
  sync_threads();
  store_weight_rows<Stage::kTaps>(a, rows, block_z(), block_x(), c0, [&](int row) { return k0 + row; });
}

}  // namespace

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  if (x.shape.count() == 0) {
    return;
  }
  Scratch scratch(stream);
  const ConvWeightPlan plan = conv2d_direct_weight_plan(weight_shape(dw, dy, x));
  ConvWeightArgs<float> a = weight_args<float>(plan, dw, dy, x);
  sum_weight_parts(dw, plan, scratch, stream, [&](const WeightSums& sums, std::int64_t first, auto lanes) {
    a.sums = sums, a.first_lane = first;
    const LaunchShape shape{
        {plan.parts, plan.k_tiles * plan.c_tiles, lanes}, {kConvThreads, 1, 1}, plan.shared_bytes};
    launch("conv2d_direct_weight",
           dw.dims[2] == 3 ? conv2d_direct_weight_kernel<3> : conv2d_direct_weight_kernel<1>, shape, stream,
           a);
  });
  bias_gradient(db, dy, scratch, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_direct
