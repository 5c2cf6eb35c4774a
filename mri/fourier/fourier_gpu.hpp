// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "mri/fourier/fourier.hpp"

// The functions of fourier_gpu.cu. Private to this folder.

namespace selfsame {

namespace fourier_gpu {
inline bool supports(const FourierProblem& p) { return p.dtype == DType::kF32; }
}  // namespace fourier_gpu

SELFSAME_DECLARE_GPU(namespace fourier_lines {
  std::size_t prepare(Shape4 shape, FourierAxes axes, Stream & stream);
  void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
                 Stream & stream);
})

}  // namespace selfsame
