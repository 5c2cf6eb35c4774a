// SPDX-License-Identifier: Apache-2.0
// What the weight gradients of conv_transpose2d on a GPU share: the tile of pixels in shared memory, and the
// partial sums of the parts of a lane.
#pragma once
#include "kernels/conv_transpose2d/conv_transpose2d_pieces.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d {

/// dw = x^T dy summed over the pixels of one part of one lane.
template <typename T>
struct WeightGradientArgs {
  float* partial;                    // (L, parts, C, K, 4)
  const T *x, *dy;                   // the small and the large image
  std::int64_t x_stride, dy_stride;  // elements between samples
  Image image;
  int batch, pixels;  // samples and pixels of a lane
  int chunks, chunks_per_part, parts;
  int k_tiles, x_blocks, dy_blocks;
  Channels c, k;
};

/// The sums of one part, (C, K, 4).
template <typename T>
__device__ float* partial_of(const WeightGradientArgs<T>& a, int lane, int part) {
  return a.partial + (static_cast<std::int64_t>(lane) * a.parts + part) * a.c.count * a.k.count * kTaps;
}

/// Copies chunks of kWeightPixels pixels to shared memory: [piece][kPitch] of x, then of dy. Two neighbouring
/// threads copy neighbouring bytes of dy (two taps of a row, or in float the halves of one), so that whole
/// sectors are read; each thread follows two pixels.
///
/// In kHalvesTogether order a piece is (block, half), else (half, block).
template <typename T, int kPitch, bool kHalvesTogether>
class WeightLoader {
 public:
  static constexpr int kXUnits = kWeightCBlocks, kDyUnits = kWeightKBlocks * kTaps;
  static constexpr int kXPieces = kXUnits * kHalves<T>,
                       kStageWords = (kXUnits + kDyUnits) * kHalves<T> * kPitch;
  __device__ static int x_piece(int unit, int half) {
    return kHalvesTogether ? unit * kHalves<T> + half : half * kXUnits + unit;
  }
  __device__ static int dy_piece(int unit, int half) {
    return kXPieces + (kHalvesTogether ? unit * kHalves<T> + half : half * kDyUnits + unit);
  }

  __device__ WeightLoader(int lane, int c_tile, int k_tile) : lane_(lane), c_tile_(c_tile), k_tile_(k_tile) {
    static_assert(kWeightThreads == 4 * kWarpSize && kWeightCBlocks == 8 && kWeightKBlocks == 4);
  }

  __device__ void load(Words* stage, const WeightGradientArgs<T>& a, int chunk) const {
    constexpr int kSpan = kWarpSize / 2;
#pragma unroll
    for (int s = 0; s < kWeightPixels / kSpan; ++s) {
      const int own = s * kSpan + lane_id() / 2, index = chunk * kWeightPixels + own;
      const bool inside = index < a.pixels;
      const Pixel p(inside ? index : 0, a.image);
      const std::int64_t n = static_cast<std::int64_t>(lane_) * a.batch + p.sample;
      load_x(stage + own, a, a.x + n * a.x_stride + small_at(a.image, p.i, p.j), inside);
      load_dy(stage + own, a, a.dy + n * a.dy_stride + large_at(a.image, p.i, p.j), inside);
    }
  }

 private:
  /// The odd of two neighbours: of the pieces of x, taps or halves.
  __device__ static int odd() { return lane_id() % 2; }

  __device__ void load_x(Words* stage, const WeightGradientArgs<T>& a, const T* from, bool inside) const {
#pragma unroll
    for (int i = 0; i < kHalves<T>; ++i) {
      const int piece = 2 * (warp_id() * kHalves<T> + i) + odd();  // as memory has them: (block, half)
      const int unit = piece / kHalves<T>, half = piece % kHalves<T>, block = c_tile_ * kXUnits + unit;
      const bool valid = inside && block < a.x_blocks;
      copy_async16(&stage[x_piece(unit, half) * kPitch],
                   valid ? from + small_step(a.image, block) + half * kPiece<T> : a.x, valid);
    }
  }
  __device__ void load_dy(Words* stage, const WeightGradientArgs<T>& a, const T* from, bool inside) const {
    const int block = k_tile_ * kWeightKBlocks + warp_id();
    const bool valid = inside && block < a.dy_blocks;
#pragma unroll
    for (int i = 0; i < kTaps * kHalves<T> / 2; ++i) {
      const int piece = 2 * i + odd(), tap = piece / kHalves<T>, half = piece % kHalves<T>;
      copy_async16(&stage[dy_piece(warp_id() * kTaps + tap, half) * kPitch],
                   valid ? from + large_step(a.image, block, tap) + half * kPiece<T> : a.dy, valid);
    }
  }
  int lane_, c_tile_, k_tile_;
};

/// Runs compute(stage) for every chunk of the block's part, with the next ones under way.
template <typename Loader, typename T, typename F>
__device__ void for_each_chunk(const Loader& loader, const WeightGradientArgs<T>& a, Words* stages,
                               const F& compute) {
  const int first = block_y() * a.chunks_per_part;
  const int end = first + a.chunks_per_part < a.chunks ? first + a.chunks_per_part : a.chunks;
  const auto load = [&](int chunk) {
    if (chunk < end) {
      loader.load(stages + (chunk - first) % kStages * Loader::kStageWords, a, chunk);
    }
    copy_async_commit();
  };
#pragma unroll
  for (int s = 0; s < kStages - 1; ++s) {
    load(first + s);
  }
  for (int chunk = first; chunk < end; ++chunk) {
    copy_async_wait<kStages - 2>();
    sync_threads();  // the chunk is there for all, and all are done with the one before
    load(chunk + kStages - 1);
    compute(stages + (chunk - first) % kStages * Loader::kStageWords);
  }
}

/// dw[l] += the sum over the parts, part after part. (conv_transpose2d_weight.cu)
void add_parts(ParameterView dw, const float* partial, int parts, Stream& stream);

/// Runs `kernel` over the parts and adds them to dw.
template <typename T>
void run_weight(const char* name, void (*kernel)(WeightGradientArgs<T>), int pitch, ParameterView dw,
                ConstTensorView dy, ConstTensorView x, Stream& stream) {
  const WeightPlan plan = plan_weight(shape_of(x, dy, dw.lanes), pitch);
  if (plan.pixels == 0) {
    return;
  }
  check_aligned(x);
  check_aligned(dy);
  Scratch scratch(stream);
  float* partial = scratch.take<float>(plan.partial_bytes / sizeof(float));
  const WeightGradientArgs<T> a{partial,
                                x.as<T>(),
                                dy.as<T>(),
                                x.sample_stride,
                                dy.sample_stride,
                                {static_cast<int>(x.shape.h), static_cast<int>(x.shape.w)},
                                static_cast<int>(x.shape.n / dw.lanes),
                                plan.pixels,
                                plan.chunks,
                                plan.chunks_per_part,
                                plan.parts,
                                plan.k_tiles,
                                static_cast<int>(x.blocks()),
                                static_cast<int>(dy.blocks()),
                                channels_of(x),
                                channels_of(dy)};
  launch(name, kernel, plan.launch, stream, a);
  add_parts(dw, partial, plan.parts, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d
