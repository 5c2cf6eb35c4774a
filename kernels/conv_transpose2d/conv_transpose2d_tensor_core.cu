// SPDX-License-Identifier: Apache-2.0
// Forward and backward_data of kernels/conv_transpose2d/conv_transpose2d.hpp with mma.sync: bf16 products, or
// tf32 of float tensors. The tile of pixels is loaded once for all taps and stored where each tap belongs.
// The weights are packed in the order of the fragments, with the columns permuted so that a thread ends with
// eight neighbouring channels of one unit: it stores them at once, and four threads fill whole sectors.
// Not yet run on a GPU.
#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_pieces.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d_tensor_core {
namespace {

using namespace conv_transpose2d;

constexpr int kSteps = 2;     // mma steps of a chunk: two pieces each
constexpr int kTiles = 4;     // mma tiles of 8 columns in a group
constexpr int kRowTiles = 2;  // mma tiles of 16 pixels of a warp
constexpr int kWarpPixels = 16 * kRowTiles;
constexpr int kGroupWords = kGroupBytes / 16;

// ---- weights ----------------------------------------------------------------------------------------------

/// Two channels of a piece as a word of a bf16 fragment, or one as a word of a tf32 fragment.
template <typename T, Pass kPass>
__device__ unsigned packed_word(const WeightArgs& a, int lane, int piece, int quad, int unit, int column) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_bf16_pair(weight_of<T, kPass>(a, lane, piece, 2 * quad, unit, column),
                        weight_of<T, kPass>(a, lane, piece, 2 * quad + 1, unit, column));
  } else {
    return to_tf32(weight_of<T, kPass>(a, lane, piece, quad, unit, column));
  }
}

/// Word `index` of a lane, which is (chunk, group, step, pair of tiles, lane of the warp): the two registers
/// of two tiles. Column n of tile m is channel 2m + n%2 of the group's unit n/2.
template <typename T, Pass kPass>
__global__ void conv_transpose2d_pack_kernel(WeightArgs a, Words* packed) {
  const std::int64_t index = static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x();
  const std::int64_t count = static_cast<std::int64_t>(a.chunks) * a.groups * kGroupWords;
  const int within = static_cast<int>(index % kGroupWords);
  const int t = within % kWarpSize, pair = within / kWarpSize % 2, step = within / (2 * kWarpSize);
  const int group = static_cast<int>(index / kGroupWords % a.groups);
  const int chunk = static_cast<int>(index / kGroupWords / a.groups);
  const int quad = t % 4, n = t / 4, unit = group * kGroupUnits + n / 2;
  if (index >= count) {
    return;
  }
  Words out;
#pragma unroll
  for (int r = 0; r < 4; ++r) {
    const int tile = 2 * pair + r / 2, piece = chunk * kChunkPieces + 2 * step + r % 2;
    out.v[r] = packed_word<T, kPass>(a, block_y(), piece, quad, unit, 2 * tile + n % 2);
  }
  packed[block_y() * count + index] = out;
}

// ---- product ----------------------------------------------------------------------------------------------

/// The sixteen pixels and two pieces of one mma step, rounded to what the tensor core multiplies.
template <typename T>
__device__ void load_pixels(unsigned (&fragment)[4], const Words* row) {
  load_matrix_x4(fragment, row);
  if constexpr (!std::is_same_v<T, bf16>) {
#pragma unroll
    for (unsigned& word : fragment) {
      word = to_tf32(__builtin_bit_cast(float, word));
    }
  }
}

template <typename T>
__device__ void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  if constexpr (std::is_same_v<T, bf16>) {
    mma_bf16(d, a, b);
  } else {
    mma_tf32(d, a, b);
  }
}

/// Eight channels of one unit: 16 bytes in bf16, twice 16 in float.
template <typename T>
__device__ void store_block(T* to, const float (&v)[kBlock]) {
  if constexpr (std::is_same_v<T, bf16>) {
    Words out;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      out.v[i] = to_bf16_pair(v[2 * i], v[2 * i + 1]);
    }
    *reinterpret_cast<Words*>(to) = out;
  } else {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const Pack<float, 4> out = {{v[4 * half], v[4 * half + 1], v[4 * half + 2], v[4 * half + 3]}};
      reinterpret_cast<Pack<float, 4>*>(to)[half] = out;
    }
  }
}

/// kRows x kColumns warps, each 32 pixels x kGroups groups of 32 columns.
template <typename T, Pass kPass, int kRows, int kColumns, int kGroups>
__global__ void __launch_bounds__(kRows* kColumns* kWarpSize)
    conv_transpose2d_product_kernel(ProductArgs<T> a) {
  constexpr int kThreads = kRows * kColumns * kWarpSize, kPixels = kRows * kWarpPixels;
  constexpr int kTileGroups = kColumns * kGroups;
  constexpr int kPixelWords = kChunkPieces * kPixels, kStageWords = kPixelWords + kTileGroups * kGroupWords;
  static_assert(kThreads == 2 * kPixels);
  const int lane = block_y(), t = lane_id();
  const int first_pixel = block_x() / a.column_tiles * kPixels;
  const int first_group = block_x() % a.column_tiles * kTileGroups;
  const int warp_pixel = warp_id() / kColumns * kWarpPixels, warp_group = warp_id() % kColumns * kGroups;

  Words* stages = dynamic_shared<Words>();  // [kStages]{[kChunkPieces][kPixels], [kTileGroups][kGroupWords]}

  const PieceLoader<T, kPass, kThreads, kPixels> pixels(a, lane, first_pixel);
  const auto load = [&](int chunk) {
    if (chunk < a.chunks) {
      Words* stage = stages + chunk % kStages * kStageWords;
      pixels.load(stage, a, chunk);
      const Words* from =
          a.packed +
          ((static_cast<std::int64_t>(lane) * a.chunks + chunk) * a.groups + first_group) * kGroupWords;
#pragma unroll
      for (int i = thread_x(); i < kTileGroups * kGroupWords; i += kThreads) {
        copy_async16(&stage[kPixelWords + i], &from[i]);
      }
    }
    copy_async_commit();
  };
#pragma unroll
  for (int s = 0; s < kStages - 1; ++s) {
    load(s);
  }

  float sum[kRowTiles][kGroups * kTiles][4] = {};
  for (int chunk = 0; chunk < a.chunks; ++chunk) {
    copy_async_wait<kStages - 2>();
    sync_threads();  // the chunk is there for all, and all are done with the one before
    load(chunk + kStages - 1);
    const Words* stage = stages + chunk % kStages * kStageWords;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      unsigned x[kRowTiles][4];
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        // Lane t names row t % 8 of matrix t / 8: pixels 0..7, 8..15 of a piece, then of the next.
        load_pixels<T>(x[m], &stage[(2 * step + t / 16) * kPixels + warp_pixel + 16 * m + t % 16]);
      }
#pragma unroll
      for (int g = 0; g < kGroups; ++g) {
#pragma unroll
        for (int pair = 0; pair < kTiles / 2; ++pair) {
          const Words w =
              stage[kPixelWords + (warp_group + g) * kGroupWords + (2 * step + pair) * kWarpSize + t];
          const unsigned w0[2] = {w.v[0], w.v[1]}, w1[2] = {w.v[2], w.v[3]};
#pragma unroll
          for (int m = 0; m < kRowTiles; ++m) {
            multiply<T>(sum[m][g * kTiles + 2 * pair], x[m], w0);
            multiply<T>(sum[m][g * kTiles + 2 * pair + 1], x[m], w1);
          }
        }
      }
    }
  }

#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int index = first_pixel + warp_pixel + 16 * m + 8 * half + t / 4;
#pragma unroll
      for (int g = 0; g < kGroups; ++g) {
        const int unit = (first_group + warp_group + g) * kGroupUnits + t % 4;
        float v[kBlock];
#pragma unroll
        for (int i = 0; i < kBlock; ++i) {
          v[i] = sum[m][g * kTiles + i / 2][2 * half + i % 2];
        }
        if (index < a.pixels && is_unit<kPass>(unit, a.y_blocks)) {
          store_block(output_at<T, kPass>(a, lane, index, unit), v);
        }
      }
    }
  }
}

// ---- launch -----------------------------------------------------------------------------------------------

template <typename T, Pass kPass>
void run(const char* pack_name, const char* name, TensorView y, ConstTensorView x, ConstParameterView w,
         Stream& stream) {
  constexpr int kPackThreads = 128;
  const ConstTensorView small = kPass == Pass::kForward ? x : ConstTensorView(y);
  const ConstTensorView large = kPass == Pass::kForward ? ConstTensorView(y) : x;
  const ProductPlan plan = plan_tensor_core(shape_of(small, large, w.lanes), kPass);
  if (plan.pixels == 0) {
    return;
  }
  Scratch scratch(stream);
  Words* packed = scratch.take<Words>(plan.packed_bytes / sizeof(Words));
  const std::int64_t lane_words = std::int64_t{plan.chunks} * plan.groups * kGroupWords;
  launch(pack_name, conv_transpose2d_pack_kernel<T, kPass>,
         LaunchShape{{blocks_for(lane_words, kPackThreads), w.lanes, 1}, {kPackThreads, 1, 1}}, stream,
         weight_args(plan, w, small, large), packed);
  const ProductArgs<T> a = product_args<T>(plan, y, x, packed, kPass, w.lanes);
  plan.wide ? launch(name, conv_transpose2d_product_kernel<T, kPass, 4, 2, 2>, plan.launch, stream, a)
            : launch(name, conv_transpose2d_product_kernel<T, kPass, 2, 2, 1>, plan.launch, stream, a);
}

}  // namespace

void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
  for_gpu_dtype(y.dtype, [&](auto zero) {
    run<decltype(zero), Pass::kForward>("conv_transpose2d_forward_pack",
                                        "conv_transpose2d_forward_tensor_core", y, x, w, stream);
  });
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  for_gpu_dtype(dx.dtype, [&](auto zero) {
    run<decltype(zero), Pass::kBackwardData>("conv_transpose2d_backward_data_pack",
                                             "conv_transpose2d_backward_data_tensor_core", dx, dy, w, stream);
  });
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d_tensor_core
