// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/mask_kspace/mask_kspace.hpp"

// The functions that mask_kspace.cpp lists. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace mask_kspace {
  void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
            Stream& stream);
})

namespace mask_kspace_cpu {
void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
          Stream& stream);
}  // namespace mask_kspace_cpu

namespace mask_kspace_reference {
void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
          Stream& stream);
}  // namespace mask_kspace_reference

}  // namespace selfsame
