// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/layout/layout.hpp"

namespace selfsame::layout_reference {
void convert(TensorView y, ConstTensorView x, Stream& stream);
}  // namespace selfsame::layout_reference
