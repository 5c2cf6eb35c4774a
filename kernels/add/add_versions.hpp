// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of add_simd.cpp. Private to this folder.

namespace selfsame {

struct AddKernels {
  void (*scale)(float* y, float alpha, const float* a, std::int64_t count);
  void (*add)(float* y, float alpha, const float* a, float beta, const float* b, std::int64_t count);
};
SELFSAME_DECLARE_ISA_TABLE(AddKernels, add_kernels)

}  // namespace selfsame
