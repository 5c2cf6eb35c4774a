// SPDX-License-Identifier: Apache-2.0
// kernels/keep_columns/keep_columns.hpp on a GPU: one thread per element; outside the band nothing is read.
// Not yet run on a GPU.
#include "kernels/keep_columns/keep_columns_gpu.hpp"

#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU::keep_columns_op {
namespace {

constexpr int kThreads = 256;

__global__ void keep_columns_kernel(float* y, const float* x, std::int64_t elements, std::int64_t width,
                                    std::int64_t first, std::int64_t end) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
  if (i < elements) {
    const std::int64_t w = i % width;
    y[i] = w >= first && w < end ? x[i] : 0.0f;
  }
}

}  // namespace

void run(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream) {
  const std::int64_t elements = x.shape.count();
  if (elements > 0) {
    launch("keep_columns", keep_columns_kernel, LaunchShape{{blocks_for(elements, kThreads)}, {kThreads}},
           stream, y.as<float>(), x.as<float>(), elements, x.shape.w, first, first + count);
  }
}

}  // namespace selfsame::SELFSAME_GPU::keep_columns_op
