// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/reflect_pad/reflect_pad.hpp"

namespace selfsame::reflect_pad_reference {
void forward(TensorView y, ConstTensorView x, Stream& stream);
void backward(TensorView dx, ConstTensorView dy, Stream& stream);
}  // namespace selfsame::reflect_pad_reference
