// SPDX-License-Identifier: Apache-2.0
// kernels/ssim_loss/ssim_loss.hpp on a GPU: a block takes a tile of windows (then of pixels), adds seven rows
// column by column into shared memory, and every thread adds seven columns. Not yet run on a GPU.
#include <limits>

#include "kernels/device/gpu/block_sum.cuh"
#include "kernels/ssim_loss/ssim_loss_gpu.hpp"
#include "kernels/ssim_loss/ssim_loss_rule.hpp"

namespace selfsame::SELFSAME_GPU::ssim_loss {
namespace {

using ssim_rule::kMoments;
using ssim_rule::kSlopes;
using ssim_rule::kWindow;

constexpr int kTileH = static_cast<int>(kSsimTileH), kTileW = static_cast<int>(kSsimTileW);
constexpr int kThreads = kTileH * kTileW;
constexpr int kColumns = kTileW + kWindow - 1;

struct Args {
  const float *x, *y, *ranges;
  float* d;           // may be x
  int h, w;           // of the image
  int rows, columns;  // of the windows
  double* slopes;     // (N, 3, rows, columns); null = not wanted
  double* sums;       // (N, tiles)
  double scale;       // of the gradient
};

/// Where a block's tile begins in a plane of this width.
struct Tile {
  int top, left;
};
__device__ inline Tile tile_of(int width) {
  const int across = (width + kTileW - 1) / kTileW;
  return {block_x() / across * kTileH, block_x() % across * kTileW};
}

__global__ void ssim_windows_kernel(Args a) {
  SELFSAME_SHARED(double, of_columns, [kMoments][kTileH][kColumns]);
  const std::int64_t n = block_y(), image = n * a.h * a.w;
  const Tile tile = tile_of(a.columns);
  for (int i = thread_x(); i < kTileH * kColumns; i += kThreads) {
    const int r = i / kColumns, s = i % kColumns, column = tile.left + s;
    double sums[kMoments] = {};
    if (tile.top + r < a.rows && column < a.w) {
      for (int t = 0; t < kWindow; ++t) {
        const std::int64_t at = image + std::int64_t{tile.top + r + t} * a.w + column;
        const double x = static_cast<double>(a.x[at]), y = static_cast<double>(a.y[at]);
        sums[0] += x;
        sums[1] += y;
        sums[2] += x * x;
        sums[3] += y * y;
        sums[4] += x * y;
      }
    }
#pragma unroll
    for (int k = 0; k < kMoments; ++k) {
      of_columns[k][r][s] = sums[k];
    }
  }
  sync_threads();

  const int r = thread_x() / kTileW, s = thread_x() % kTileW, row = tile.top + r, column = tile.left + s;
  double ssim = 0;
  if (row < a.rows && column < a.columns) {
    double sums[kMoments];
#pragma unroll
    for (int k = 0; k < kMoments; ++k) {
      sums[k] = 0;
      for (int t = 0; t < kWindow; ++t) {
        sums[k] += of_columns[k][r][s + t];
      }
    }
    const float range = a.ranges[n];
    const ssim_rule::Window window =
        ssim_rule::window_of(sums, ssim_rule::c1_of(range), ssim_rule::c2_of(range));
    ssim = window.ssim;
    if (a.slopes != nullptr) {
      const std::int64_t plane = std::int64_t{a.rows} * a.columns;
      double* to = a.slopes + n * kSlopes * plane + std::int64_t{row} * a.columns + column;
      to[0] = window.dx;
      to[plane] = window.dxx;
      to[2 * plane] = window.dxy;
    }
  }
  const double sum = block_sum<kThreads>(ssim);
  if (thread_x() == 0) {
    a.sums[n * grid_size_x() + block_x()] = sum;
  }
}

__global__ void ssim_samples_kernel(double* values, const double* sums, int tiles, double windows) {
  const std::int64_t n = block_x();
  const double sum = sum_of_parts(sums + n * tiles, tiles);
  if (lane_id() == 0) {
    values[n] = 1 - sum / windows;
  }
}

__global__ void ssim_gradient_kernel(Args a) {
  SELFSAME_SHARED(double, of_columns, [kSlopes][kTileH][kColumns]);
  const std::int64_t n = block_y(), plane = std::int64_t{a.rows} * a.columns;
  const double* slopes = a.slopes + n * kSlopes * plane;
  const Tile tile = tile_of(a.w);
  for (int i = thread_x(); i < kTileH * kColumns; i += kThreads) {
    const int r = i / kColumns, s = i % kColumns, row = tile.top + r;
    const int column = tile.left + s - kWindow + 1;  // of the windows
    double sums[kSlopes] = {};
    if (column >= 0 && column < a.columns) {
      for (int t = kWindow - 1; t >= 0; --t) {
        if (row - t >= 0 && row - t < a.rows) {
          const std::int64_t at = std::int64_t{row - t} * a.columns + column;
#pragma unroll
          for (int k = 0; k < kSlopes; ++k) {
            sums[k] += slopes[k * plane + at];
          }
        }
      }
    }
#pragma unroll
    for (int k = 0; k < kSlopes; ++k) {
      of_columns[k][r][s] = sums[k];
    }
  }
  sync_threads();

  const int r = thread_x() / kTileW, s = thread_x() % kTileW, row = tile.top + r, column = tile.left + s;
  if (row < a.h && column < a.w) {
    double sums[kSlopes] = {};
    for (int t = 0; t < kWindow; ++t) {
#pragma unroll
      for (int k = 0; k < kSlopes; ++k) {
        sums[k] += of_columns[k][r][s + t];
      }
    }
    const std::int64_t at = (n * a.h + row) * a.w + column;
    const double x = static_cast<double>(a.x[at]), y = static_cast<double>(a.y[at]);
    a.d[at] = static_cast<float>(a.scale * (sums[0] + 2 * x * sums[1] + y * sums[2]));
  }
}

}  // namespace

// ---- launcher
// -----------------------------------------------------------------------------------------------

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  SELFSAME_CHECK(shape.h * shape.w <= std::numeric_limits<int>::max() / 2,
                 "ssim_loss: images of {} are too large", shape.text());
  const std::int64_t rows = shape.h - kWindow + 1, columns = shape.w - kWindow + 1, windows = rows * columns;
  const std::int64_t tiles = ssim_tiles(rows, columns);
  const bool wanted = !dprediction.empty();
  Scratch scratch(stream);
  Args a{};
  a.x = static_cast<const float*>(prediction.data);
  a.y = static_cast<const float*>(target.data);
  a.ranges = ranges.data();
  a.d = static_cast<float*>(dprediction.data);
  a.h = static_cast<int>(shape.h);
  a.w = static_cast<int>(shape.w);
  a.rows = static_cast<int>(rows);
  a.columns = static_cast<int>(columns);
  a.sums = scratch.take<double>(static_cast<std::size_t>(shape.n * tiles));
  a.slopes = wanted ? scratch.take<double>(static_cast<std::size_t>(shape.n * kSlopes * windows)) : nullptr;
  a.scale = -1 / (ssim_rule::kPixels * static_cast<double>(windows) * static_cast<double>(shape.n / lanes));
  launch("ssim_windows", ssim_windows_kernel, LaunchShape{{tiles, shape.n, 1}, {kThreads, 1, 1}}, stream, a);
  launch("ssim_samples", ssim_samples_kernel, LaunchShape{{shape.n, 1, 1}, {kWarpSize, 1, 1}}, stream,
         sample_values.data(), static_cast<const double*>(a.sums), static_cast<int>(tiles),
         static_cast<double>(windows));
  if (wanted) {
    launch("ssim_gradient", ssim_gradient_kernel,
           LaunchShape{{ssim_tiles(shape.h, shape.w), shape.n, 1}, {kThreads, 1, 1}}, stream, a);
  }
}

}  // namespace selfsame::SELFSAME_GPU::ssim_loss
