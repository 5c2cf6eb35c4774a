// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/gemm/gemm.hpp"

// The function of gemm_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace gemm_tiles {
  void run(const GemmShape& shape, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
           double beta, Stream& stream);
})

}  // namespace selfsame
