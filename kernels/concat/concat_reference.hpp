// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/concat/concat.hpp"

namespace selfsame::concat_reference {
void forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream);
void backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream);
}  // namespace selfsame::concat_reference
