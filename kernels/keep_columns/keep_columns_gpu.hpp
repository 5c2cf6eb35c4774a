// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// The function of keep_columns_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace keep_columns_op {
  void run(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream & stream);
})

}  // namespace selfsame
