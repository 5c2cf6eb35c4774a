// SPDX-License-Identifier: Apache-2.0
// kernels/take_masked/take_masked.hpp on a GPU: one thread per element. Not yet run on a GPU.
#include "kernels/take_masked/take_masked_gpu.hpp"

#include "kernels/device/gpu/gpu.cuh"

namespace selfsame::SELFSAME_GPU::take_masked_op {
namespace {

constexpr int kThreads = 256;

__global__ void take_masked_kernel(float* y, const float* a, const float* mask, std::int64_t plane,
                                   std::int64_t sample, std::int64_t elements) {
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * kThreads + thread_x();
  if (i < elements && mask[i / sample * plane + i % plane] != 0.0f) {
    y[i] = a[i];
  }
}

}  // namespace

void run(TensorView y, ConstTensorView a, ConstTensorView mask, Stream& stream) {
  const std::int64_t elements = y.shape.count();
  if (elements > 0) {
    launch("take_masked", take_masked_kernel, LaunchShape{{blocks_for(elements, kThreads)}, {kThreads}},
           stream, y.as<float>(), a.as<float>(), mask.as<float>(), y.plane(), y.sample_size(), elements);
  }
}

}  // namespace selfsame::SELFSAME_GPU::take_masked_op
