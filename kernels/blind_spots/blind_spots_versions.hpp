// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/blind_spots/blind_spots.hpp"
#include "kernels/device/gpu/gpu_versions.hpp"

// The versions of blind_spots. Private to this folder.

namespace selfsame {

namespace blind_spots_reference {
void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
         const BlindSpotRule& rule, Stream& stream);
}  // namespace blind_spots_reference

namespace blind_spots_cpu {
void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
         const BlindSpotRule& rule, Stream& stream);
}  // namespace blind_spots_cpu

SELFSAME_DECLARE_GPU(namespace blind_spots_op {
  void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
           const BlindSpotRule& rule, Stream& stream);
})

}  // namespace selfsame
