// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier.hpp"

namespace selfsame::fourier_reference {

std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream);
void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream);

}  // namespace selfsame::fourier_reference
