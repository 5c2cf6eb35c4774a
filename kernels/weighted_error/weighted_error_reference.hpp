// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/weighted_error/weighted_error.hpp"

namespace selfsame::weighted_error_reference {
void squared_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                   ConstComplexView target, ConstTensorView weights, std::span<const double> divisors,
                   std::int64_t lanes, Stream& stream);
void squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream);
void relative(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
              ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream);
}  // namespace selfsame::weighted_error_reference
