// SPDX-License-Identifier: Apache-2.0
// Planes turned about by some rows and columns: what a library without a centre needs before and after. Not
// yet run on a GPU.
#include "kernels/device/gpu/complex.cuh"
#include "mri/fourier/fourier_gpu.hpp"

namespace selfsame::SELFSAME_GPU::fourier_shift {
namespace {

/// One thread for each number; block y is the plane.
__global__ void fourier_shift_kernel(Complex* __restrict__ y, const Complex* __restrict__ x, int H, int W,
                                     int rows, int columns, float scale) {
  const int i = block_x() * block_size_x() + thread_x();
  const std::int64_t plane = static_cast<std::int64_t>(block_y()) * H * W;
  if (i < H * W) {
    const int h = i / W + rows, w = i % W + columns;
    y[plane + i] = scale * x[plane + static_cast<std::int64_t>(h < H ? h : h - H) * W + (w < W ? w : w - W)];
  }
}

}  // namespace

void shift(ComplexView y, ConstComplexView x, std::int64_t rows, std::int64_t columns, double scale,
           Stream& stream) {
  constexpr int kThreads = 256;
  launch("fourier_shift", fourier_shift_kernel,
         LaunchShape{{blocks_for(x.plane(), kThreads), x.shape.n * x.shape.c, 1}, {kThreads, 1, 1}}, stream,
         complex_data(y), complex_data(x), static_cast<int>(x.shape.h), static_cast<int>(x.shape.w),
         static_cast<int>(rows), static_cast<int>(columns), static_cast<float>(scale));
}

}  // namespace selfsame::SELFSAME_GPU::fourier_shift
