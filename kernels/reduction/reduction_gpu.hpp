// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"

// The function of reduction_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace reduction {
  /// `partial`: one double per piece of every lane.
  void sum_of_squares(double* lane_values, double* partial, const float* data, std::int64_t per_lane,
                      std::int64_t lanes, Stream& stream);
})

}  // namespace selfsame
