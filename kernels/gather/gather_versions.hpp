// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/gather/gather.hpp"

// The functions that gather.cpp lists. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace gather {
  void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                    std::span<const SampleOrigin> origins, Stream& stream);
})

namespace gather_cpu {
void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream);
}  // namespace gather_cpu

namespace gather_reference {
void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream);
}  // namespace gather_reference

}  // namespace selfsame
