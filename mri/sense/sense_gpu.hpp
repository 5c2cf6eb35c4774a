// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "mri/fourier/fourier_line_plan.hpp"
#include "mri/sense/sense.hpp"

// The functions of sense_gpu.cu and sense_passes_gpu.cu. Private to this folder.

namespace selfsame {

namespace sense_gpu {
/// The lines that are transformed fit shared memory.
inline bool supports_lines(const SenseProblem& p) {
  return p.dtype == DType::kF32 && (p.axes == FourierAxes::kHeight || line_fits(p.w)) &&
         (p.axes == FourierAxes::kWidth || line_fits(p.h));
}
inline bool supports_passes(const SenseProblem& p) { return p.dtype == DType::kF32; }
}  // namespace sense_gpu

SELFSAME_DECLARE_GPU(
    /// Maps, weights and coil sums within the passes of the transform.
    namespace sense_lines {
      std::size_t prepare(Shape4 maps, FourierAxes axes, Stream & stream);
      void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream & stream);
      void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream & stream);
      void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream & stream);
    }
    /// One op after the other, with the Fourier transform that the stream asks for: any size, and the
    /// yardstick for the above.
    namespace sense_passes {
      std::size_t prepare(Shape4 maps, FourierAxes axes, Stream & stream);
      void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream & stream);
      void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream & stream);
      void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream & stream);
    })

}  // namespace selfsame
