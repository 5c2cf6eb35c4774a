// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/masked_error/masked_error.hpp"

namespace selfsame::masked_error_reference {
void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream);
}  // namespace selfsame::masked_error_reference
