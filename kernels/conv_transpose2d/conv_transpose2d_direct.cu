// SPDX-License-Identifier: Apache-2.0
// kernels/conv_transpose2d/conv_transpose2d.hpp in float with plain multiply-adds. The tiles are those of the
// tensor core version; every thread computes eight pixels (or channels c) times the eight channels of one
// unit of the columns, 16 multiply-adds to a 16-byte load from shared memory. Not yet run on a GPU.
#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_weight.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d_direct {
namespace {

using namespace conv_transpose2d;

constexpr int kPieceChannels = kPiece<float>;  // 4
constexpr int kBlockHalves = kHalves<float>;   // 2
constexpr int kPixels = kDirectTile.pixels;
constexpr int kUnits = kDirectTile.groups * kGroupUnits;  // of a column tile
constexpr int kThreadPixels = 8;
constexpr int kPixelStep = kPixels / kThreadPixels;  // pixels of neighbouring threads are neighbours
constexpr int kRowWords = kUnits * kBlockHalves;     // weights of one channel of the sum
constexpr int kTileWords = kDirectTile.groups * kGroupBytes / 16;  // weights of a chunk and column tile
static_assert(kDirectThreads == kPixelStep * kUnits);
static_assert(kTileWords == kChunkPieces * kPieceChannels * kRowWords);

using Quad = Pack<float, kPieceChannels>;

/// sum[i][j] += a[i] * b[j] for the eight channels j in two quads.
__device__ void add_product(float (&sum)[kBlock], float a, const Quad (&b)[kBlockHalves]) {
#pragma unroll
  for (int j = 0; j < kBlock; ++j) {
    sum[j] += a * b[j / kPieceChannels].v[j % kPieceChannels];
  }
}

__device__ Quad quad_at(const Words* shared) { return *reinterpret_cast<const Quad*>(shared); }

// ---- forward and backward_data ----------------------------------------------------------------------------

/// Word `index` of a lane, which is (chunk, column tile, piece and channel of it, half, unit): threads that
/// differ in the unit read neighbouring words.
template <Pass kPass>
__global__ void conv_transpose2d_pack_direct_kernel(WeightArgs a, Quad* packed) {
  const std::int64_t index = static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x();
  const std::int64_t count = static_cast<std::int64_t>(a.chunks) * a.groups * (kGroupBytes / 16);
  const int column_tiles = a.groups / kDirectTile.groups;
  const int within = static_cast<int>(index % kTileWords);
  const int tile = static_cast<int>(index / kTileWords % column_tiles);
  const int chunk = static_cast<int>(index / kTileWords / column_tiles);
  const int unit = tile * kUnits + within % kUnits, half = within / kUnits % kBlockHalves;
  const int row = within / kRowWords, piece = chunk * kChunkPieces + row / kPieceChannels;
  if (index >= count) {
    return;
  }
  Quad out;
#pragma unroll
  for (int i = 0; i < kPieceChannels; ++i) {
    out.v[i] =
        weight_of<float, kPass>(a, block_y(), piece, row % kPieceChannels, unit, half * kPieceChannels + i);
  }
  packed[block_y() * count + index] = out;
}

template <Pass kPass>
__global__ void __launch_bounds__(kDirectThreads) conv_transpose2d_direct_kernel(ProductArgs<float> a) {
  constexpr int kPixelWords = kChunkPieces * kPixels, kStageWords = kPixelWords + kTileWords;
  const int lane = block_y(), column_tile = block_x() % a.column_tiles;
  const int first_pixel = block_x() / a.column_tiles * kPixels;
  const int own_pixel = thread_x() / kUnits, own_unit = thread_x() % kUnits;

  Words* stages = dynamic_shared<Words>();  // [kStages]{[kChunkPieces][kPixels], [16][half][kUnits]}

  const PieceLoader<float, kPass, kDirectThreads, kPixels> pixels(a, lane, first_pixel);
  const auto load = [&](int chunk) {
    if (chunk < a.chunks) {
      Words* stage = stages + chunk % kStages * kStageWords;
      pixels.load(stage, a, chunk);
      const Words* from =
          a.packed +
          ((static_cast<std::int64_t>(lane) * a.chunks + chunk) * a.column_tiles + column_tile) * kTileWords;
#pragma unroll
      for (int i = thread_x(); i < kTileWords; i += kDirectThreads) {
        copy_async16(&stage[kPixelWords + i], &from[i]);
      }
    }
    copy_async_commit();
  };
#pragma unroll
  for (int s = 0; s < kStages - 1; ++s) {
    load(s);
  }

  float sum[kThreadPixels][kBlock] = {};
  for (int chunk = 0; chunk < a.chunks; ++chunk) {
    copy_async_wait<kStages - 2>();
    sync_threads();  // the chunk is there for all, and all are done with the one before
    load(chunk + kStages - 1);
    const Words* stage = stages + chunk % kStages * kStageWords;
#pragma unroll 1
    for (int piece = 0; piece < kChunkPieces; ++piece) {
      Quad x[kThreadPixels];
#pragma unroll
      for (int i = 0; i < kThreadPixels; ++i) {
        x[i] = quad_at(&stage[piece * kPixels + own_pixel + i * kPixelStep]);
      }
#pragma unroll
      for (int channel = 0; channel < kPieceChannels; ++channel) {
        const Words* row = &stage[kPixelWords + (piece * kPieceChannels + channel) * kRowWords + own_unit];
        const Quad w[kBlockHalves] = {quad_at(row), quad_at(row + kUnits)};
#pragma unroll
        for (int i = 0; i < kThreadPixels; ++i) {
          add_product(sum[i], x[i].v[channel], w);
        }
      }
    }
  }

  const int unit = column_tile * kUnits + own_unit;
#pragma unroll
  for (int i = 0; i < kThreadPixels; ++i) {
    const int index = first_pixel + own_pixel + i * kPixelStep;
    if (index < a.pixels && is_unit<kPass>(unit, a.y_blocks)) {
      Quad* to = reinterpret_cast<Quad*>(output_at<float, kPass>(a, lane, index, unit));
#pragma unroll
      for (int half = 0; half < kBlockHalves; ++half) {
        Quad out;
#pragma unroll
        for (int j = 0; j < kPieceChannels; ++j) {
          out.v[j] = sum[i][half * kPieceChannels + j];
        }
        to[half] = out;
      }
    }
  }
}

// ---- backward_weight --------------------------------------------------------------------------------------

/// A thread has block c = thread % 8 of x and unit thread / 8 of dy.
__global__ void __launch_bounds__(kWeightThreads)
    conv_transpose2d_backward_weight_direct_kernel(WeightGradientArgs<float> a) {
  constexpr int kPitch = kWeightPitchDirect;
  using Loader = WeightLoader<float, kPitch, false>;
  const int c_tile = block_x() / a.k_tiles, k_tile = block_x() % a.k_tiles;
  const int c_block = thread_x() % kWeightCBlocks, unit = thread_x() / kWeightCBlocks;

  Words* stages = dynamic_shared<Words>();  // [kStages][pieces of x, then of dy][kPitch]

  float sum[kBlock][kBlock] = {};
  const Loader loader(block_z(), c_tile, k_tile);
  for_each_chunk(loader, a, stages, [&](const Words* stage) {
#pragma unroll 4
    for (int pixel = 0; pixel < kWeightPixels; ++pixel) {
      Quad x[kBlockHalves], dy[kBlockHalves];
#pragma unroll
      for (int half = 0; half < kBlockHalves; ++half) {
        x[half] = quad_at(&stage[Loader::x_piece(c_block, half) * kPitch + pixel]);
        dy[half] = quad_at(&stage[Loader::dy_piece(unit, half) * kPitch + pixel]);
      }
#pragma unroll
      for (int i = 0; i < kBlock; ++i) {
        add_product(sum[i], x[i / kPieceChannels].v[i % kPieceChannels], dy);
      }
    }
  });

  float* partial = partial_of(a, block_z(), block_y());
#pragma unroll
  for (int i = 0; i < kBlock; ++i) {
    const int c = a.c.logical((c_tile * kWeightCBlocks + c_block) * kBlock + i);
#pragma unroll
    for (int j = 0; j < kBlock; ++j) {
      const int k = a.k.logical((k_tile * kWeightKBlocks + unit / kTaps) * kBlock + j);
      if (c >= 0 && k >= 0) {
        partial[(static_cast<std::int64_t>(c) * a.k.count + k) * kTaps + unit % kTaps] = sum[i][j];
      }
    }
  }
}

// ---- launch -----------------------------------------------------------------------------------------------

template <Pass kPass>
void run(const char* pack_name, const char* name, TensorView y, ConstTensorView x, ConstParameterView w,
         Stream& stream) {
  const ConstTensorView small = kPass == Pass::kForward ? x : ConstTensorView(y);
  const ConstTensorView large = kPass == Pass::kForward ? ConstTensorView(y) : x;
  const ProductPlan plan = plan_direct(shape_of(small, large, w.lanes), kPass);
  if (plan.pixels == 0) {
    return;
  }
  Scratch scratch(stream);
  Quad* packed = scratch.take<Quad>(plan.packed_bytes / sizeof(Quad));
  const std::int64_t lane_words = std::int64_t{plan.chunks} * plan.groups * (kGroupBytes / 16);
  launch(pack_name, conv_transpose2d_pack_direct_kernel<kPass>,
         LaunchShape{{blocks_for(lane_words, kDirectThreads), w.lanes, 1}, {kDirectThreads, 1, 1}}, stream,
         weight_args(plan, w, small, large), packed);
  launch(name, conv_transpose2d_direct_kernel<kPass>, plan.launch, stream,
         product_args<float>(plan, y, x, packed, kPass, w.lanes));
}

}  // namespace

void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
  run<Pass::kForward>("conv_transpose2d_forward_pack_direct", "conv_transpose2d_forward_direct", y, x, w,
                      stream);
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  run<Pass::kBackwardData>("conv_transpose2d_backward_data_pack_direct",
                           "conv_transpose2d_backward_data_direct", dx, dy, w, stream);
}

void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  run_weight<float>("conv_transpose2d_backward_weight_direct", conv_transpose2d_backward_weight_direct_kernel,
                    kWeightPitchDirect, dw, dy, x, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d_direct
