// SPDX-License-Identifier: Apache-2.0
// kernels/activation/activation.hpp on a GPU: a map over the elements of every sample. Not yet run on a GPU.
#include "kernels/activation/activation_gpu.hpp"

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::activation {
namespace {

struct LeakyRelu {
  float slope;
  __device__ float operator()(float x) const { return x > 0.0f ? x : slope * x; }
};

struct LeakyReluBackward {
  float slope;
  __device__ float operator()(float dy, float x) const { return x > 0.0f ? dy : slope * dy; }
};

}  // namespace

void forward(TensorView y, ConstTensorView x, double slope, Stream& stream) {
  flat_map("leaky_relu_forward", y, stream, LeakyRelu{static_cast<float>(slope)}, x);
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream) {
  flat_map("leaky_relu_backward", dx, stream, LeakyReluBackward{static_cast<float>(slope)}, dy, x);
}

}  // namespace selfsame::SELFSAME_GPU::activation
