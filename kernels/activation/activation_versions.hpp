// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// The loops of activation_simd.cpp. Private to this folder.

namespace selfsame {

template <typename T>
struct ActivationLoops {
  void (*forward)(T* y, const T* x, float slope, std::int64_t count);
  void (*backward)(T* dx, const T* dy, const T* x, float slope, std::int64_t count);
};
using ActivationKernels = StoredTypes<ActivationLoops>;
SELFSAME_DECLARE_ISA_TABLE(ActivationKernels, activation_kernels)

}  // namespace selfsame
