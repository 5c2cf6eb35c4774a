// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/add/add.hpp"

namespace selfsame::add_reference {
void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream);
}  // namespace selfsame::add_reference
