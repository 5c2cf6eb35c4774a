// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm_plane/norm_gpu.hpp"

#include "kernels/norm_plane/norm_gpu_plan.hpp"

namespace selfsame {

std::size_t norm_gpu_workspace(const Shape4& x, int block, std::int64_t split) {
  if (block != norm_gpu::kBlock) {
    return 0;
  }
  constexpr std::size_t kPair = 2 * sizeof(double), kTerms = 2 * sizeof(float);
  const std::int64_t channels = x.n * ConstTensorView::blocks_for(x.c, block, split) * block;
  const auto count = static_cast<std::size_t>(channels);
  const auto pieces = static_cast<std::size_t>(norm_gpu::pieces_of(x.h * x.w));
  return Scratch::rounded(count * pieces * kPair) + Scratch::rounded(count * kPair) +
         Scratch::rounded(count * kTerms);
}

}  // namespace selfsame
