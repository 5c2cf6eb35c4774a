// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>

#include "engine/data/image_source.hpp"

namespace selfsame {

struct DeadLeavesOptions {
  std::uint64_t seed = 0;
  std::int64_t count = 1000;  ///< images of the source
  int channels = 1;           ///< 1 or 3
  int height = 180, width = 180;
  float smallest_radius = 3.0f;  ///< pixels; an image has its own, up to three times larger
};

/// One image of the dead-leaves model: opaque leaves of all sizes fall on each other until nothing else is
/// seen. Radii have a power-law density, r^-1.4 to r^-3 from image to image, which makes edges, occlusions
/// and power spectra much like those of natural scenes. Leaves are ellipses, polygons and blobs with a gray
/// level or colour of their own, shading, and a texture (none, oriented sinusoid, fractal noise, speckle); an
/// image has its own range of levels and hues. Edges are anti-aliased (2x2 samples a pixel), the image is
/// blurred a little, and rounded to 8 bits.
///
/// A function of (seed, index, options) alone; thread-safe.
/// Source: Lee, Mumford, Huang, "Occlusion models for natural images", IJCV 2001; textures are ours.
/// Errors: Error(kUsage) for channels other than 1 and 3, sides outside [1, 65535] or a radius below 1.
[[nodiscard]] Image dead_leaves_image(const DeadLeavesOptions& options, std::int64_t index);

/// `count` such images. Errors: as above, and Error(kUsage) unless 1 <= count < 2^32.
[[nodiscard]] std::shared_ptr<const ImageSource> dead_leaves_source(const DeadLeavesOptions& options);

}  // namespace selfsame
