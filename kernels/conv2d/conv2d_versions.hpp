// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d.hpp"

// The versions that conv2d.cpp lists. Private to this folder and its tests.

namespace selfsame::conv2d_reference {
bool supports(const ConvShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x, Stream& stream);
}  // namespace selfsame::conv2d_reference
