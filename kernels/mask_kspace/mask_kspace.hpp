// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// Standard normal noise for k-space, scaled by alpha * sigmas[n].
struct KSpaceNoise {
  ConstComplexView normals;       ///< (N, C, H, W)
  std::span<const float> sigmas;  ///< N entries in memory of the stream's device
  float alpha = 1.0f;
};

/// What the network sees of sampled k-space, m = mask[n, y or 0, x]:
///
///   out = m k                                   without noise
///   out = m (k + alpha sigma_n normals)         with
///
/// exactly 0 where m is 0, whatever k holds there.
///
/// @param out     (N, C, H, W) complex, overwritten; may be kspace or noise->normals
/// @param kspace  (N, C, H, W) complex, float (double: reference only)
/// @param mask    (N, 1, h, W) real, h = 1 (the same for every row) or H, block 1, contiguous
/// @param noise   null = none
/// Errors:  Error(kInternal) if shapes, types or counts disagree; the message names them.
/// Exact:   one rounding per operation, or fewer where product and sum are fused.
/// Source:  definition.
void mask_kspace(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
                 Stream& stream);

/// One way of computing it. The list is in mask_kspace.cpp, best first, reference last; its name for
/// Stream::request is "mask_kspace".
struct MaskKSpaceImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*mask)(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
               Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const MaskKSpaceImplementation> mask_kspace_implementations();

}  // namespace selfsame
