// SPDX-License-Identifier: Apache-2.0
// The large image of a transposed convolution as the rows of a matrix, for a library's matrix product. Any
// channel block, one part. Not yet run on a GPU.
#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::conv_transpose2d_rows {
namespace {

constexpr int kThreads = 256;
constexpr int kTaps = 4;

template <typename T, typename Rows>
struct RowsArgs {
  T* y;
  Rows* rows;                    // (N * H * W, K) of four taps
  std::int64_t y_stride, count;  // elements between samples; of threads
  int block, channels, padded;   // channels with and without those that fill the last block
  int h, w;                      // of the small image
};

/// Thread `index` has pixel index / padded, which differ less from warp to warp than the channels do.
template <typename T, typename Rows>
struct Place {
  int k;
  bool inside, filled;
  std::int64_t row, at;  // of the rows; of y, at tap 0
  __device__ explicit Place(const RowsArgs<T, Rows>& a) {
    const std::int64_t index = static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
    inside = index < a.count;
    k = static_cast<int>(index % a.padded);
    filled = k < a.channels;
    const std::int64_t pixel = index / a.padded;
    row = pixel * a.channels + k;
    const int j = static_cast<int>(pixel % a.w), i = static_cast<int>(pixel / a.w % a.h);
    at = pixel / a.w / a.h * a.y_stride +
         ((static_cast<std::int64_t>(k / a.block) * 2 * a.h + 2 * i) * 2 * a.w + 2 * j) * a.block +
         k % a.block;
  }
};

template <typename T, typename Rows>
__device__ std::int64_t tap_step(const RowsArgs<T, Rows>& a, int tap) {
  return (static_cast<std::int64_t>(tap / 2) * 2 * a.w + tap % 2) * a.block;
}

template <typename T>
__global__ void conv_transpose2d_gather_rows_kernel(RowsArgs<const T, Pack<T, kTaps>> a) {
  const Place place(a);
  if (place.inside && place.filled) {
    Pack<T, kTaps> taps;
#pragma unroll
    for (int tap = 0; tap < kTaps; ++tap) {
      taps.v[tap] = a.y[place.at + tap_step(a, tap)];
    }
    a.rows[place.row] = taps;
  }
}

template <typename T>
__global__ void conv_transpose2d_scatter_rows_kernel(RowsArgs<T, const Pack<T, kTaps>> a) {
  const Place place(a);
  if (place.inside) {
    const Pack<T, kTaps> taps = place.filled ? a.rows[place.row] : Pack<T, kTaps>{};
#pragma unroll
    for (int tap = 0; tap < kTaps; ++tap) {
      a.y[place.at + tap_step(a, tap)] = taps.v[tap];
    }
  }
}

/// For both directions: T and Rows are const where they are read.
template <typename T, typename Rows, typename View>
RowsArgs<T, Rows> args_for(const View& y, Rows* rows) {
  SELFSAME_CHECK(y.split == 0, "rows of a tensor in one part, got split {}", y.split);
  const std::int64_t padded = y.blocks() * y.block, h = y.shape.h / 2, w = y.shape.w / 2;
  return {static_cast<T*>(y.data),
          rows,
          y.sample_stride,
          y.shape.n * h * w * padded,
          y.block,
          static_cast<int>(y.shape.c),
          static_cast<int>(padded),
          static_cast<int>(h),
          static_cast<int>(w)};
}

LaunchShape shape_for(std::int64_t count) { return {{blocks_for(count, kThreads), 1, 1}, {kThreads, 1, 1}}; }

}  // namespace

void gather(void* rows, ConstTensorView y, Stream& stream) {
  for_gpu_dtype(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto a = args_for<const T>(y, static_cast<Pack<T, kTaps>*>(rows));
    if (a.count > 0) {
      launch("conv_transpose2d_gather_rows", conv_transpose2d_gather_rows_kernel<T>, shape_for(a.count),
             stream, a);
    }
  });
}

void scatter(TensorView y, const void* rows, Stream& stream) {
  for_gpu_dtype(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto a = args_for<T>(y, static_cast<const Pack<T, kTaps>*>(rows));
    if (a.count > 0) {
      launch("conv_transpose2d_scatter_rows", conv_transpose2d_scatter_rows_kernel<T>, shape_for(a.count),
             stream, a);
    }
  });
}

}  // namespace selfsame::SELFSAME_GPU::conv_transpose2d_rows
