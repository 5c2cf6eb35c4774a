// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/absolute_error/absolute_error.hpp"
#include "kernels/device/gpu/gpu_versions.hpp"

// The functions that absolute_error.cpp lists. Private to this folder.

namespace selfsame {

/// Pieces of a sample, each summed by itself: by a unit of work on the CPU, by a block on a GPU. Of the shape
/// alone, so that a sample's sum has one order.
constexpr std::int64_t kAbsoluteErrorPiece = 4096;
[[nodiscard]] constexpr std::int64_t absolute_error_parts(const Shape4& shape) {
  return (shape.c * shape.h * shape.w + kAbsoluteErrorPiece - 1) / kAbsoluteErrorPiece;
}

SELFSAME_DECLARE_GPU(namespace absolute_error {
  void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
           ConstTensorView target, std::int64_t lanes, Stream & stream);
})

namespace absolute_error_cpu {
void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream);
}  // namespace absolute_error_cpu

namespace absolute_error_reference {
void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream);
}  // namespace absolute_error_reference

}  // namespace selfsame
