// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "mri/fourier/fourier.hpp"

// The functions of fourier_gpu.cu and fourier_shift_gpu.cu. Private to this folder.

namespace selfsame {

namespace fourier_gpu {
inline bool supports(const FourierProblem& p) { return p.dtype == DType::kF32; }
}  // namespace fourier_gpu

SELFSAME_DECLARE_GPU(
    namespace fourier_lines {
      std::size_t prepare(Shape4 shape, FourierAxes axes, Stream & stream);
      void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
                     Stream & stream);
    } namespace fourier_shift {
      /// y[h, w] = scale * x[(h + rows) mod H, (w + columns) mod W] for 0 <= rows < H, 0 <= columns < W; y is
      /// not x.
      void shift(ComplexView y, ConstComplexView x, std::int64_t rows, std::int64_t columns, double scale,
                 Stream& stream);
    })

}  // namespace selfsame
