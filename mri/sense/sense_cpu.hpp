// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/sense/sense.hpp"
#include "mri/sense/sense_versions.hpp"

// mri/sense/sense.hpp with the blocks of one instruction set. Private to mri/sense.

namespace selfsame::sense_cpu {

struct Kernels {
  const SenseLineKernels& lines;
  const SensePlaneKernels& planes;
};

[[nodiscard]] std::size_t prepare(const Kernels& kernels, Shape4 maps, FourierAxes axes, Stream& stream);
void forward(const Kernels& kernels, ComplexView kspace, ConstComplexView image, ConstComplexView maps,
             ConstTensorView weights, FourierAxes axes, Stream& stream);
void adjoint(const Kernels& kernels, ComplexView image, ConstComplexView kspace, ConstComplexView maps,
             ConstTensorView weights, FourierAxes axes, Stream& stream);
void normal(const Kernels& kernels, ComplexView y, ConstComplexView x, ConstComplexView maps,
            ConstTensorView weights, FourierAxes axes, Stream& stream);

}  // namespace selfsame::sense_cpu
