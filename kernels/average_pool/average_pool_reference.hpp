// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/average_pool/average_pool.hpp"

namespace selfsame::average_pool_reference {
void forward(TensorView y, ConstTensorView x, Stream& stream);
void backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream);
}  // namespace selfsame::average_pool_reference
