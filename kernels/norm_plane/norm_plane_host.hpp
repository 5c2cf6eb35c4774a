// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/elementwise.hpp"
#include "kernels/norm_plane/norm_plane.hpp"

// What the fast versions of the normalisations share outside their loops.

namespace selfsame::norm_plane {

using KernelTable = const NormPlaneKernels& (*)();

inline constexpr int kMostChannels = NormCoefficients::kMostChannels;

/// Two sums per channel of every sample, in double.
inline std::size_t workspace(const Shape4& shape, int block, std::int64_t split) {
  const std::int64_t blocks = ConstTensorView::blocks_for(shape.c, block, split);
  return Scratch::rounded(static_cast<std::size_t>(shape.n * blocks * block) * 2 * sizeof(double));
}

/// The values of channel block q, from PyTorch order; `absent` where the parameter is empty, 0 where a
/// channel only fills the block.
inline void gather(float* values, ConstParameterView parameter, std::int64_t lane,
                   const ConstTensorView& layout, std::int64_t q, float absent) {
  for (std::int64_t i = 0; i < layout.block; ++i) {
    const std::int64_t c = elementwise::logical_channel(layout, q * layout.block + i);
    values[i] = c < 0 ? 0.0f : parameter.empty() ? absent : parameter.lane<float>(lane)[c];
  }
}

/// Coefficients of channel block q from its means and factors r, both 0 where a channel only fills the
/// block.
inline NormCoefficients coefficients(const float* mean, const float* r, ConstParameterView gamma,
                                     ConstParameterView beta, std::int64_t lane,
                                     const ConstTensorView& layout, std::int64_t q, double slope) {
  NormCoefficients k;
  float weight[kMostChannels];
  gather(weight, gamma, lane, layout, q, 1.0f);
  gather(k.beta, beta, lane, layout, q, 0.0f);
  for (int i = 0; i < layout.block; ++i) {
    k.mean[i] = mean[i];
    k.scale[i] = weight[i] * r[i];
  }
  k.slope = slope;
  return k;
}

/// dx = scale * (d - sum d / n - (x - mean) * r^2 * sum d (x - mean) / n): the two terms that a block needs.
inline void mean_terms(float* offset, float* tilt, const NormCoefficients& k, const float* r,
                       const double* sum_d, const double* sum_dc, double n, int block) {
  for (int i = 0; i < block; ++i) {
    offset[i] = static_cast<float>(k.scale[i] * sum_d[i] / n);
    tilt[i] = static_cast<float>(k.scale[i] * (static_cast<double>(r[i]) * r[i]) * sum_dc[i] / n);
  }
}

}  // namespace selfsame::norm_plane
