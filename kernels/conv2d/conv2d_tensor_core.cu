// SPDX-License-Identifier: Apache-2.0
// kernels/conv2d/conv2d.hpp in bf16 on tensor cores: exact products, sums in fp32, one rounding of the
// result. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_tensor_core.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_tensor_core {

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  tensor_core_convolve<bf16>(y, x, w, b, ConvPass::kForward, FilterRounding::kStored, stream);
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  tensor_core_convolve<bf16>(dx, dy, w, {}, ConvPass::kBackwardData, FilterRounding::kStored, stream);
}

void forward_with_tile(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, int tile,
                       Stream& stream) {
  tensor_core_convolve<bf16>(y, x, w, b, ConvPass::kForward, FilterRounding::kStored,
                             conv2d_tensor_core_plan(output_of(y, w), tile), stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_tensor_core
