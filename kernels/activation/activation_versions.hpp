// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of activation_simd.cpp. Private to this folder.

namespace selfsame {

struct ActivationKernels {
  void (*forward)(float* y, const float* x, float slope, std::int64_t count);
  void (*backward)(float* dx, const float* dy, const float* x, float slope, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(ActivationKernels, activation_kernels)

}  // namespace selfsame
