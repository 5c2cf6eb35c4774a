// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/scaled_product/scaled_product.hpp"

namespace selfsame::scaled_product_reference {
void scaled_product(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b,
                    Stream& stream);
}  // namespace selfsame::scaled_product_reference
