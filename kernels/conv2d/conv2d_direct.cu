// SPDX-License-Identifier: Apache-2.0
// Forward and data gradient of kernels/conv2d/conv2d.hpp in fp32 without tensor cores: fused multiply-adds in
// a fixed order. Not yet run on a GPU.
//
// A block of four warps owns 8x16 pixels x 32 channels; tiles and stages are those of
// conv2d_tensor_core.cuh with chunks of 8 input channels. A thread owns a column of 4 pixels x the 8 channels
// of its warp: per filter column it loads 6 pixels x 4 input channels for 3 rows x 4 pixels x 8 channels x 4
// products: 30 16-byte loads, of which 24 are the same address for the whole warp, for 384 multiply-adds.
#include "kernels/conv2d/conv2d_filter.cuh"
#include "kernels/conv2d/conv2d_gpu.hpp"

namespace selfsame::SELFSAME_GPU::conv2d_direct {
namespace {

constexpr int kThreadRows = 4;  // pixels of a thread, one below the other
constexpr int kThreadChannels = DirectTile::kChannels / kConvWarps;  // 8: one block
static_assert(kThreadChannels == kGpuChannelBlock, "a warp stores one channel block");
static_assert(DirectTile::kCols * DirectTile::kRows / kThreadRows == kWarpSize, "a warp covers the pixels");

struct DirectArgs {
  Activation<float> x;
  PackedFilter<float> filter;
  float* __restrict__ y;
  std::int64_t y_stride;
  const float* __restrict__ bias;
  std::int64_t bias_lane;
  int y_blocks, y_channels, tiles_y, tiles_x, lane_samples;
};

template <int kFilter>
struct DirectStage {
  static constexpr int kTaps = kFilter * kFilter, kPad = kFilter / 2;
  static constexpr int kRows = DirectTile::kRows + 2 * kPad, kCols = DirectTile::kCols + 2 * kPad;
  static constexpr int kPixels = kRows * kCols;
  static constexpr int kUnits = 2 * kPixels + 2 * kTaps * DirectTile::kChannels;
};

using DirectSums = float[kThreadRows][kThreadChannels];
using Four = Pack<float, kUnitChannels<float>>;

__device__ inline Four load_four(const Unit* unit) { return *reinterpret_cast<const Four*>(unit); }

/// sums += products of one chunk. x: the thread's first pixel with its halo; filter: the warp's first
/// channel.
template <int kFilter>
__device__ inline void multiply_chunk(DirectSums& sums, const Unit* x, const Unit* filter) {
  using Stage = DirectStage<kFilter>;
  constexpr int kInputRows = kThreadRows + kFilter - 1;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int s = 0; s < kFilter; ++s) {
      Four in[kInputRows];
#pragma unroll
      for (int row = 0; row < kInputRows; ++row) {
        in[row] = load_four(x + half * Stage::kPixels + row * Stage::kCols + s);
      }
#pragma unroll
      for (int r = 0; r < kFilter; ++r) {
#pragma unroll
        for (int k = 0; k < kThreadChannels; ++k) {
          const Four w = load_four(filter + ((r * kFilter + s) * 2 + half) * DirectTile::kChannels + k);
#pragma unroll
          for (int row = 0; row < kThreadRows; ++row) {
#pragma unroll
            for (int c = 0; c < kUnitChannels<float>; ++c) {
              sums[row][k] += in[row + r].v[c] * w.v[c];
            }
          }
        }
      }
    }
  }
}

__device__ inline void store_column(const DirectArgs& a, const DirectSums& sums, std::int64_t n, int h0,
                                    int w, int block) {
  const float* bias = a.bias == nullptr ? nullptr : a.bias + n / a.lane_samples * a.bias_lane;
  float b[kThreadChannels];
#pragma unroll
  for (int k = 0; k < kThreadChannels; ++k) {
    const int channel = block * kGpuChannelBlock + k;
    b[k] = bias != nullptr && channel < a.y_channels ? bias[channel] : 0.0f;
  }
#pragma unroll
  for (int row = 0; row < kThreadRows; ++row) {
    const int h = h0 + row;
    if (block < a.y_blocks && h < a.x.h && w < a.x.w) {
      const std::int64_t at = (static_cast<std::int64_t>(block) * a.x.h + h) * a.x.w + w;
      Four* to = reinterpret_cast<Four*>(a.y + n * a.y_stride + at * kGpuChannelBlock);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        Four out;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          out.v[k] = sums[row][half * 4 + k] + b[half * 4 + k];
        }
        to[half] = out;
      }
    }
  }
}

template <int kFilter>
__global__ void conv2d_direct_kernel(DirectArgs a) {
  using Stage = DirectStage<kFilter>;
  const int tile = block_x() % (a.tiles_y * a.tiles_x);
  const std::int64_t n = block_x() / (a.tiles_y * a.tiles_x), lane = n / a.lane_samples;
  const int h0 = tile / a.tiles_x * DirectTile::kRows, w0 = tile % a.tiles_x * DirectTile::kCols;
  const int k0 = block_y() * DirectTile::kChannels;
  const int row = lane_id() / DirectTile::kCols * kThreadRows, col = lane_id() % DirectTile::kCols;

  Unit* stages = dynamic_shared<Unit>();  // [2]: input [2 halves][rows][cols], weights [tap][2][channels]
  const auto load = [&](int chunk) {
    Unit* stage = stages + chunk % 2 * Stage::kUnits;
    copy_tile<2, Stage::kRows, Stage::kCols, Stage::kPixels>(stage, a.x, n, 2 * chunk, h0 - Stage::kPad,
                                                             w0 - Stage::kPad);
    copy_filter<Stage::kTaps, DirectTile::kChannels>(stage + 2 * Stage::kPixels, a.filter, lane, chunk, k0);
    copy_async_commit();
  };

  DirectSums sums = {};
  load(0);
  for (int chunk = 0; chunk < a.filter.chunks; ++chunk) {
    copy_async_wait<0>();
    sync_threads();  // this chunk is there for all, and all are done with the one before it
    if (chunk + 1 < a.filter.chunks) {
      load(chunk + 1);
    }
    const Unit* stage = stages + chunk % 2 * Stage::kUnits;
    multiply_chunk<kFilter>(sums, stage + row * Stage::kCols + col,
                            stage + 2 * Stage::kPixels + warp_id() * kThreadChannels);
  }

  store_column(a, sums, n, h0 + row, w0 + col, k0 / kGpuChannelBlock + warp_id());
}

// ---- launchers --------------------------------------------------------------------------------------

void convolve(TensorView out, ConstTensorView in, ConstParameterView w, ConstParameterView b, ConvPass pass,
              Stream& stream) {
  if (out.shape.count() == 0) {
    return;
  }
  Scratch scratch(stream);
  activation_of<float>(out);  // checks its layout
  const int tiles_y = static_cast<int>(blocks_for(out.shape.h, DirectTile::kRows)),
            tiles_x = static_cast<int>(blocks_for(out.shape.w, DirectTile::kCols));
  const DirectArgs a{activation_of<float>(in),
                     pack_filter<float>(scratch, w, out, in, pass, FilterRounding::kStored, stream),
                     out.as<float>(),
                     out.sample_stride,
                     static_cast<const float*>(b.data),
                     b.lane_stride,
                     static_cast<int>(out.blocks()),
                     static_cast<int>(out.shape.c),
                     tiles_y,
                     tiles_x,
                     static_cast<int>(out.shape.n / w.lanes)};
  LaunchShape shape{{out.shape.n * tiles_y * tiles_x,
                     blocks_for(out.blocks() * kGpuChannelBlock, DirectTile::kChannels), 1},
                    {kConvThreads, 1, 1}};
  const auto start = [&](auto kernel, int units) {
    shape.shared_bytes = 2 * static_cast<std::size_t>(units) * sizeof(Unit);
    launch("conv2d_direct", kernel, shape, stream, a);
  };
  w.dims[2] == 3 ? start(conv2d_direct_kernel<3>, DirectStage<3>::kUnits)
                 : start(conv2d_direct_kernel<1>, DirectStage<1>::kUnits);
}

}  // namespace

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  convolve(y, x, w, b, ConvPass::kForward, stream);
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  convolve(dx, dy, w, {}, ConvPass::kBackwardData, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_direct
