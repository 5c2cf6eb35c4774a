// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/device/stream.hpp"

// The functions of weighted_error_gpu.cu. Private to this folder.

namespace selfsame {

/// Blocks that share a sample. Of the shape alone, so that a sample's sum has one order.
[[nodiscard]] constexpr std::int64_t weighted_error_parts(const Shape4& shape) {
  constexpr std::int64_t kNumbers = 2048;  // of a block: 8 of each of 256 threads
  return (shape.c * shape.h * shape.w + kNumbers - 1) / kNumbers;
}

SELFSAME_DECLARE_GPU(namespace weighted_error {
  void squared_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                     ConstComplexView target, ConstTensorView weights, std::span<const double> divisors,
                     std::int64_t lanes, Stream & stream);
  void squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream & stream);
  void relative(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream & stream);
})

}  // namespace selfsame
