// SPDX-License-Identifier: Apache-2.0
// What the GPU versions of conv_transpose2d share: where the 16-byte pieces of conv_transpose2d_plan.hpp lie
// in tensors, how they reach shared memory, and the weight that belongs to a piece and a column.
//
// A tile in shared memory is [piece][pixel][16 bytes]. Eight pixels of a piece are 128 contiguous bytes: an
// 8x8 matrix of ldmatrix without bank conflicts, for the products as it lies and for the weight gradient
// transposed.
#pragma once
#include "kernels/conv_transpose2d/conv_transpose2d_plan.hpp"
#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d {

using namespace conv_transpose2d_gpu;

/// Four 32-bit words that are read and written by one instruction.
struct alignas(16) Words {
  unsigned v[4];
};

template <typename T>
constexpr int kPiece = 16 / static_cast<int>(sizeof(T));  // channels of a piece
template <typename T>
constexpr int kHalves = kBlock / kPiece<T>;  // pieces of a block

/// Which channel of a tensor stands at a padded position; see BasicTensorView.
struct Channels {
  int count, first_count, second;  // of all parts, of the first part; where the second part starts
  __device__ int logical(int padded) const {
    const int c = padded < second ? padded : first_count + padded - second;
    return c < (padded < second ? first_count : count) ? c : -1;
  }
};
inline Channels channels_of(const ConstTensorView& t) {
  const std::int64_t first = t.split == 0 ? t.shape.c : t.split;
  return {static_cast<int>(t.shape.c), static_cast<int>(first),
          static_cast<int>(blocks_for(first, kBlock)) * kBlock};
}

/// Sizes of the small image; the large one is 2h x 2w.
struct Image {
  int h, w;
  __device__ std::int64_t plane() const { return static_cast<std::int64_t>(h) * w; }
};

/// Element of block 0 of the small image at (i, j), and of the large one at tap 0 of it.
__device__ inline std::int64_t small_at(const Image& image, int i, int j) {
  return (static_cast<std::int64_t>(i) * image.w + j) * kBlock;
}
__device__ inline std::int64_t large_at(const Image& image, int i, int j) {
  return (static_cast<std::int64_t>(i) * 4 * image.w + 2 * j) * kBlock;
}
/// Elements from there to another block of the small image, and to another block and tap of the large one.
__device__ inline std::int64_t small_step(const Image& image, int block) {
  return block * image.plane() * kBlock;
}
__device__ inline std::int64_t large_step(const Image& image, int block, int tap) {
  return (block * image.plane() * kTaps + static_cast<std::int64_t>(tap / 2) * 2 * image.w + tap % 2) *
         kBlock;
}

/// Pixel `index` of a lane's pixels: sample of the lane and place in the small image.
struct Pixel {
  int sample, i, j;
  __device__ Pixel(int index, const Image& image) {
    const int row = index / image.w;
    j = index - row * image.w;
    sample = row / image.h;
    i = row - sample * image.h;
  }
};

/// One matrix product, see conv_transpose2d_plan.hpp: y += x * w for every lane.
template <typename T>
struct ProductArgs {
  T* y;                             // forward: the large image; backward_data: the small one
  const T* x;                       // the other
  const Words* packed;              // (lanes, chunks, groups, kGroupBytes)
  std::int64_t y_stride, x_stride;  // elements between samples
  Image image;
  int batch, pixels;  // samples and pixels of a lane
  int pieces, chunks, groups, column_tiles;
  int y_blocks;
};

/// The pieces that a thread copies to shared memory: two of the four of a chunk, of kPixels / kSpan pixels.
/// Neighbours copy neighbouring bytes: pixels of the small image, or two taps (halves, in float) of the large
/// one.
template <typename T, Pass kPass, int kThreads, int kPixels>
class PieceLoader {
 public:
  __device__ PieceLoader(const ProductArgs<T>& a, int lane, int first_pixel) {
#pragma unroll
    for (int s = 0; s < kSlots; ++s) {
      const int index = first_pixel + s * kSpan + own_pixel();
      inside_[s] = index < a.pixels;
      const Pixel p(inside_[s] ? index : 0, a.image);
      base_[s] = a.x + (static_cast<std::int64_t>(lane) * a.batch + p.sample) * a.x_stride +
                 (kPass == Pass::kForward ? small_at(a.image, p.i, p.j) : large_at(a.image, p.i, p.j));
    }
  }
  /// Starts copying a chunk to tile, [kChunkPieces][kPixels] pieces.
  __device__ void load(Words* tile, const ProductArgs<T>& a, int chunk) const {
#pragma unroll
    for (int step = 0; step < kChunkPieces; step += 2) {
      const int own = step + own_piece(), piece = chunk * kChunkPieces + own;
      const std::int64_t offset = offset_of(a.image, piece);
#pragma unroll
      for (int s = 0; s < kSlots; ++s) {
        const bool valid = inside_[s] && piece < a.pieces;
        copy_async16(&tile[own * kPixels + s * kSpan + own_pixel()], valid ? base_[s] + offset : a.x, valid);
      }
    }
  }

 private:
  static constexpr int kSpan = kThreads / 2, kSlots = kPixels / kSpan;
  __device__ static int own_pixel() { return kPass == Pass::kForward ? thread_x() % kSpan : thread_x() / 2; }
  __device__ static int own_piece() { return kPass == Pass::kForward ? thread_x() / kSpan : thread_x() % 2; }
  __device__ static std::int64_t offset_of(const Image& image, int piece) {
    const int half = piece % kHalves<T>, unit = piece / kHalves<T>;
    return (kPass == Pass::kForward ? small_step(image, unit)
                                    : large_step(image, unit / kTaps, unit % kTaps)) +
           half * kPiece<T>;
  }
  const T* base_[kSlots];
  bool inside_[kSlots];
};

/// Where output pixels go: unit u of the columns is (k block, tap) in forward, a c block in backward_data.
template <typename T, Pass kPass>
__device__ inline T* output_at(const ProductArgs<T>& a, int lane, int index, int unit) {
  const Pixel p(index, a.image);
  T* sample = a.y + (static_cast<std::int64_t>(lane) * a.batch + p.sample) * a.y_stride;
  return kPass == Pass::kForward
             ? sample + large_at(a.image, p.i, p.j) + large_step(a.image, unit / kTaps, unit % kTaps)
             : sample + small_at(a.image, p.i, p.j) + small_step(a.image, unit);
}
template <Pass kPass>
__device__ inline bool is_unit(int unit, int y_blocks) {
  return (kPass == Pass::kForward ? unit / kTaps : unit) < y_blocks;
}

/// What a packing kernel reads: the fp32 weights (L, C, K, 2, 2).
struct WeightArgs {
  const float* w;
  std::int64_t lane_stride;
  Channels c, k;
  int chunks, groups;
};

/// The weight that multiplies channel `within` of a piece for channel `column` of a unit of the columns; 0
/// where either only fills a block.
template <typename T, Pass kPass>
__device__ inline float weight_of(const WeightArgs& a, int lane, int piece, int within, int unit,
                                  int column) {
  int c, k, tap;
  if constexpr (kPass == Pass::kForward) {
    c = piece * kPiece<T> + within;
    k = unit / kTaps * kBlock + column;
    tap = unit % kTaps;
  } else {
    const int source = piece / kHalves<T>;
    c = unit * kBlock + column;
    k = source / kTaps * kBlock + piece % kHalves<T> * kPiece<T> + within;
    tap = source % kTaps;
  }
  c = a.c.logical(c);
  k = a.k.logical(k);
  if (c < 0 || k < 0) {
    return 0.0f;
  }
  return a.w[lane * a.lane_stride + (static_cast<std::int64_t>(c) * a.k.count + k) * kTaps + tap];
}

// ---- launchers' share -----------------------------------------------------------------------------------

/// The shape of a call, from its tensors; `small` and `large` are x and y of forward.
inline ConvTransposeShape shape_of(const ConstTensorView& small, const ConstTensorView& large,
                                   std::int64_t lanes) {
  return {lanes,         small.shape.n, small.shape.c, large.shape.c, small.shape.h,
          small.shape.w, small.dtype,   small.block,   large.block,   small.split};
}

inline void check_aligned(const ConstTensorView& t) {
  SELFSAME_CHECK(is_aligned16(t), "tensor {} does not start every sample on 16 bytes", t.shape.text());
}

template <typename T>
ProductArgs<T> product_args(const ProductPlan& plan, TensorView y, ConstTensorView x, const void* packed,
                            Pass pass, std::int64_t lanes) {
  check_aligned(y);
  check_aligned(x);
  const Shape4 small = pass == Pass::kForward ? x.shape : y.shape;
  return {y.as<T>(),
          x.as<T>(),
          static_cast<const Words*>(packed),
          y.sample_stride,
          x.sample_stride,
          {static_cast<int>(small.h), static_cast<int>(small.w)},
          static_cast<int>(small.n / lanes),
          plan.pixels,
          plan.pieces,
          plan.chunks,
          plan.groups,
          plan.column_tiles,
          static_cast<int>(y.blocks())};
}

inline WeightArgs weight_args(const ProductPlan& plan, const ConstParameterView& w,
                              const ConstTensorView& small, const ConstTensorView& large) {
  return {w.lane<float>(0), w.lane_stride, channels_of(small), channels_of(large), plan.chunks, plan.groups};
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d
