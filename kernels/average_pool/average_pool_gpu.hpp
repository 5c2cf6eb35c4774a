// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The functions of average_pool_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace average_pool {
  void forward(TensorView y, ConstTensorView x, Stream & stream);
  void backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream & stream);
})

}  // namespace selfsame
