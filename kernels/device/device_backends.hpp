// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/device.hpp"

// The devices that device.cpp knows. Private to this folder.

namespace selfsame {

/// kernels/device/cuda, if built with CUDA.
[[nodiscard]] Device& cuda_device();
[[nodiscard]] std::string cuda_unavailable();

/// kernels/device/sim, if built with the simulated device.
[[nodiscard]] Device& simulated_device();

}  // namespace selfsame
