// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The function of add_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace add {
  void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b,
                  Stream& stream);
})

}  // namespace selfsame
