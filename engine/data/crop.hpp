// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

enum class CropMode { kRandom, kCenter };

enum class Augment {
  kNone,
  kFlips,     ///< none, left-right, top-bottom, both
  kDihedral,  ///< all eight symmetries of the square; those that transpose are left out if the crop is not
              ///< square
};

struct CropSpec {
  CropMode mode = CropMode::kRandom;
  int height = 0, width = 0;  ///< of the crop; 0 and 0: the whole image
  Augment augment = Augment::kNone;
};

/// Window and symmetry of one sample: uniform over all places and all allowed symmetries, a function of
/// (seed, epoch, example) and the sizes. The centre of an odd remainder is rounded towards the top left.
/// `epoch` of the result is the one given. Errors: Error(kInternal) if the crop does not fit the image.
[[nodiscard]] SampleOrigin draw_origin(const CropSpec& crop, std::uint64_t seed, std::uint32_t epoch,
                                       std::uint32_t example, std::int64_t image_h, std::int64_t image_w);

}  // namespace selfsame
