// SPDX-License-Identifier: Apache-2.0
// The weight gradient of kernels/conv2d/conv2d.hpp in bf16 on tensor cores. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_tensor_core_weight.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_tensor_core {

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  tensor_core_weight_gradient<bf16>(dw, db, dy, x, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_tensor_core
