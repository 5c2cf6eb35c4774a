// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"

// The function of neighbor_pairs_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace neighbor_pairs_op {
  void run(TensorView first, TensorView second, ConstTensorView image, std::span<const SampleOrigin> origins,
           Stream & stream);
})

}  // namespace selfsame
