// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

// The versions that conv_transpose2d.cpp lists. Private to this folder and its tests.

namespace selfsame::conv_transpose2d_reference {
bool supports(const ConvTransposeShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream);
}  // namespace selfsame::conv_transpose2d_reference
