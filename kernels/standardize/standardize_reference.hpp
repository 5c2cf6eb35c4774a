// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/standardize/standardize.hpp"

namespace selfsame::standardize_reference {
void forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x, const StandardizeOptions& o,
             Stream& stream);
void backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
              ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& o, Stream& stream);
void back_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                  const StandardizeOptions& o, Stream& stream);
void back_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz, ConstTensorView y,
                   ConstTensorView std, const StandardizeOptions& o, Stream& stream);
}  // namespace selfsame::standardize_reference
