// SPDX-License-Identifier: Apache-2.0
// The weight gradient of kernels/conv2d/conv2d.hpp with operands rounded to tf32. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_gpu.hpp"
#include "kernels/conv2d/conv2d_tensor_core_weight.cuh"

namespace selfsame::SELFSAME_GPU::conv2d_tensor_core_tf32 {

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  x.block == 1 || dy.block == 1 ? conv2d_planes::backward_weight(dw, db, dy, x, stream)
                                : tensor_core_weight_gradient<float>(dw, db, dy, x, stream);
}

}  // namespace selfsame::SELFSAME_GPU::conv2d_tensor_core_tf32
