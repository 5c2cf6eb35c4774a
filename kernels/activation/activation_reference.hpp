// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/activation/activation.hpp"

namespace selfsame::activation_reference {
void forward(TensorView y, ConstTensorView x, double slope, Stream& stream);
void backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream);
}  // namespace selfsame::activation_reference
