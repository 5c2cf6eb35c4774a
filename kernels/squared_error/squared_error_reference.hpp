// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/squared_error/squared_error.hpp"

namespace selfsame::squared_error_reference {
void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, std::int64_t lanes, Stream& stream);
}  // namespace selfsame::squared_error_reference
