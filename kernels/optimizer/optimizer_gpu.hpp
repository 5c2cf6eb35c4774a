// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/optimizer/optimizer_versions.hpp"

// The function of optimizer_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace optimizer_gpu {
  /// `arena` begins at lane 0; count is that of one lane.
  void step(OptimizerRule rule, const OptimizerChunk<float>& arena, std::int64_t lanes,
            const OptimizerFactors* factors, Stream& stream);
})

}  // namespace selfsame
