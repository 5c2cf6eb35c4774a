// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier.hpp"
#include "mri/fourier/fourier_versions.hpp"

// mri/fourier/fourier.hpp with the blocks of one instruction set. Private to mri/fourier.

namespace selfsame::fourier_cpu {

[[nodiscard]] std::size_t prepare(const FourierKernels& kernels, Shape4 shape, FourierAxes axes,
                                  Stream& stream);
void transform(const FourierKernels& kernels, ComplexView y, ConstComplexView x, FourierAxes axes,
               FourierDirection direction, Stream& stream);

}  // namespace selfsame::fourier_cpu
