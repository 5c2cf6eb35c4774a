// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/noise/noise.hpp"

// The function of noise_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace noise {
  void add_noise(TensorView noisy, ConstTensorView clean, std::span<const SampleOrigin> origins,
                 RandomPurpose purpose, const NoiseModel& model, Stream& stream);
})

}  // namespace selfsame
