// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

/// Two images of half the size made of neighbouring pixels: in every cell of 2 x 2 pixels two that stand side
/// by side, one of the 8 ordered pairs (two rows and two columns, in either order) with probability 1/8 each.
/// All channels take the same pair. With independent noise of mean zero in every pixel, the second is a noisy
/// measurement of what lies beside the first.
///
///   first[n, c, i, j]  = image[n, c, 2*i + di, 2*j + dj],    second likewise at (di', dj'),
///   |di - di'| + |dj - dj'| = 1
///
/// The pair of cell k = i*W/2 + j is a function of word(k) of the sample's RandomStream (seed, kObjective;
/// draw, example): other calls with the same origins take the same pairs, as the regulariser needs, and
/// nothing depends on batch, lane or threads. No gradient passes through it.
///
/// @param first    (N, C, H/2, W/2), block 1, float or double, overwritten; overlaps no other tensor
/// @param second   the same
/// @param image    (N, C, H, W), H and W even, type of first
/// @param origins  N entries in memory of the stream's device; seed, example and draw are used
/// Errors:  Error(kInternal) if shapes or types disagree or H or W is odd; the message names them. GPUs take
///          float only.
/// Exact:   pixels are copied.
/// Source:  Huang, Li, Jia, Lu, Liu, "Neighbor2Neighbor: self-supervised denoising from single noisy images",
///          CVPR 2021, section 3.2.
void neighbor_pairs(TensorView first, TensorView second, ConstTensorView image,
                    std::span<const SampleOrigin> origins, Stream& stream);

/// One way of computing it. The list is in neighbor_pairs.cpp, best first, reference last.
struct NeighborPairsImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*neighbor_pairs)(TensorView, TensorView, ConstTensorView, std::span<const SampleOrigin>, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const NeighborPairsImplementation> neighbor_pairs_implementations();

}  // namespace selfsame
