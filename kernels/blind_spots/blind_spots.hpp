// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

/// How the set J of hidden pixels is drawn, and what stands in their place.
struct BlindSpotRule {
  enum class Kind {
    /// Noise2Self: the pixels whose row and column are phases of the spacing, (i - pi) mod s = (j - pj) mod s
    /// = 0; each becomes the weighted mean of those of its 8 neighbours that exist, weights 1 beside and 1/2
    /// on the diagonal. Phases (pi, pj) are uniform in {0 .. s-1}^2.
    kGrid,
    /// Noise2Void: one pixel, drawn uniformly, of every box of s x s pixels; boxes at the lower and right
    /// border are cut, and a box of a single pixel hides none. A hidden pixel becomes another, drawn
    /// uniformly
    /// from those within `radius` rows and columns that the image has and that are not hidden themselves.
    kStratified,
  };
  Kind kind = Kind::kGrid;
  int spacing = 4;  ///< s >= 2; for the grid at most the image's height and width
  int radius = 2;   ///< >= 1; of the stratified kind
  /// Of the grid: pi * s + pj for all samples, so that the s * s phases of an image hide every pixel once; -1
  /// = drawn for each sample.
  int phase = -1;
};

/// Images in which a set J of pixels is hidden: replaced by what other pixels say. J is the same for all
/// channels.
///
///   mask[n, i, j]      = 1 for (i, j) in J, else 0
///   masked[n, c, i, j] = a mean or copy of pixels of image[n, c] outside J  for (i, j) in J,  else
///                        image[n, c, i, j]
///
/// So `masked` is a function of the pixels outside J and of the draw alone: with noise that is independent
/// from pixel to pixel, what a network says of J from `masked` is independent of the noise on J. J and the
/// replacements are functions of the sample's origin (seed, draw, example), purpose kObjective, and of the
/// place in the sample; nothing depends on pixel values, batch, lane or threads. No gradient passes through
/// it.
///
/// @param masked   (N, C, H, W), block 1, float or double, overwritten; overlaps no other tensor
/// @param mask     (N, 1, H, W), type of masked, overwritten
/// @param image    (N, C, H, W), type of masked
/// @param origins  N entries in memory of the stream's device; seed, example and draw are used
/// Errors:  Error(kInternal) if shapes or types disagree, an image has a single pixel, or the rule does not
///          fit it; the message names both. GPUs take float only.
/// Exact:   kept and copied pixels are bitwise the image's; means are sums in double, rounded once, and the
///          same bits on all devices.
/// Source:  Batson, Royer, "Noise2Self: blind denoising by self-supervision", ICML 2019; Krull, Buchholz,
/// Jug,
///          "Noise2Void: learning denoising from single noisy images", CVPR 2019. The original Noise2Void may
///          copy a hidden pixel, or the pixel itself: here neither, which makes the independence exact.
void blind_spots(TensorView masked, TensorView mask, ConstTensorView image,
                 std::span<const SampleOrigin> origins, const BlindSpotRule& rule, Stream& stream);

/// One way of computing it. The list is in blind_spots.cpp, best first, reference last.
struct BlindSpotsImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*blind_spots)(TensorView, TensorView, ConstTensorView, std::span<const SampleOrigin>,
                      const BlindSpotRule&, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const BlindSpotsImplementation> blind_spots_implementations();

}  // namespace selfsame
