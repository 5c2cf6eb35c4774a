// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/sense/sense.hpp"

namespace selfsame::sense_reference {

std::size_t prepare(Shape4 maps, FourierAxes axes, Stream& stream);
void forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream);
void adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
             FourierAxes axes, Stream& stream);
void normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
            FourierAxes axes, Stream& stream);

}  // namespace selfsame::sense_reference
