// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/take_masked/take_masked.hpp"

// The function of take_masked_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace take_masked_op {
  void run(TensorView y, ConstTensorView a, ConstTensorView mask, Stream & stream);
})

}  // namespace selfsame
