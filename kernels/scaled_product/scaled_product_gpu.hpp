// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The function of scaled_product_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace scaled_product_op {
  void run(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream);
})

}  // namespace selfsame
