// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/dot/dot.hpp"

// The function of dot_gpu.cu. Private to this folder.

namespace selfsame {

/// Blocks that share a sample. Of the shape alone, so that a sample's sum has one order.
[[nodiscard]] constexpr std::int64_t dot_parts(const Shape4& shape) {
  constexpr std::int64_t kElements = 4096;  // of a block: 16 of each of 256 threads
  return (shape.c * shape.h * shape.w + kElements - 1) / kElements;
}

SELFSAME_DECLARE_GPU(namespace dot {
  void sample_dot(std::span<double> values, const DotRule& rule, ConstTensorView a, ConstTensorView b,
                  Stream& stream);
})

}  // namespace selfsame
