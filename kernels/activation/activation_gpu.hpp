// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The functions of activation_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace activation {
  void forward(TensorView y, ConstTensorView x, double slope, Stream& stream);
  void backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream);
})

}  // namespace selfsame
