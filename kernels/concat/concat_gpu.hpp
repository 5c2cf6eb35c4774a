// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The functions of concat_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace concat {
  void forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream & stream);
  void backward(TensorView da, TensorView db, ConstTensorView dy, Stream & stream);
})

}  // namespace selfsame
