// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/stored_types.hpp"

// The loops of add_simd.cpp. Private to this folder.

namespace selfsame {

template <typename T>
struct AddLoops {
  void (*scale)(T* y, float alpha, const T* a, std::int64_t count);
  void (*add)(T* y, float alpha, const T* a, float beta, const T* b, std::int64_t count);
};
using AddKernels = StoredTypes<AddLoops>;
SELFSAME_DECLARE_ISA_TABLE(AddKernels, add_kernels)

}  // namespace selfsame
