// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/masked_error/masked_error.hpp"

// The function of masked_error_gpu.cu. Private to this folder.

namespace selfsame {

/// Blocks that share a sample. Of the shape alone, so that a sample's sum has one order.
[[nodiscard]] constexpr std::int64_t masked_error_parts(const Shape4& shape) {
  constexpr std::int64_t kElements = 4096;  // of a block: 16 of each of 256 threads
  return (shape.c * shape.h * shape.w + kElements - 1) / kElements;
}

SELFSAME_DECLARE_GPU(namespace masked_error {
  void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
           ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream & stream);
})

}  // namespace selfsame
