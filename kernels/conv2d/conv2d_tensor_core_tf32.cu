// SPDX-License-Identifier: Apache-2.0
// kernels/conv2d/conv2d.hpp with float storage on tensor cores: operands rounded to tf32 (10 bits of
// mantissa), sums in fp32. Planes are not rounded: their convolutions are bound by memory.
// Not yet run on a GPU.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_tensor_core.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_tensor_core_tf32 {
namespace {

bool has_plane(const ConstTensorView& x, const ConstTensorView& y) { return x.block == 1 || y.block == 1; }

}  // namespace

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  has_plane(x, y)
      ? conv2d_planes::forward(y, x, w, b, stream)
      : tensor_core_convolve<float>(y, x, w, b, ConvPass::kForward, FilterRounding::kTf32, stream);
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  has_plane(dx, dy)
      ? conv2d_planes::backward_data(dx, dy, w, stream)
      : tensor_core_convolve<float>(dx, dy, w, {}, ConvPass::kBackwardData, FilterRounding::kTf32, stream);
}

void forward_with_tile(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, int tile,
                       Stream& stream) {
  tensor_core_convolve<float>(y, x, w, b, ConvPass::kForward, FilterRounding::kTf32,
                              conv2d_tensor_core_plan(output_of(y, w), tile), stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_tensor_core_tf32
