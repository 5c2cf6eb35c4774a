// SPDX-License-Identifier: Apache-2.0
#include "engine/data/crop.hpp"

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {

SampleOrigin draw_origin(const CropSpec& crop, std::uint64_t seed, std::uint32_t epoch, std::uint32_t example,
                         std::int64_t image_h, std::int64_t image_w) {
  const std::int64_t h = crop.height == 0 ? image_h : crop.height, w = crop.width == 0 ? image_w : crop.width;
  SELFSAME_CHECK(h >= 1 && w >= 1 && h <= image_h && w <= image_w, "a crop of {}x{} from an image of {}x{}",
                 w, h, image_w, image_h);
  SampleOrigin origin;
  origin.seed = seed;
  origin.example = example;
  origin.epoch = epoch;
  origin.image_h = image_h;
  origin.image_w = image_w;
  if (crop.augment != Augment::kNone) {
    const RandomStream random(seed, RandomPurpose::kAugment, epoch, example);
    const std::uint64_t choices = crop.augment == Augment::kDihedral && h == w ? 8 : 4;
    origin.transform = static_cast<int>(random.below(0, choices));
  }
  // A transposed window has the same size, because only square crops are transposed.
  if (crop.mode == CropMode::kCenter) {
    origin.top = (image_h - h) / 2;
    origin.left = (image_w - w) / 2;
  } else {
    const RandomStream random(seed, RandomPurpose::kCrop, epoch, example);
    origin.top = static_cast<std::int64_t>(random.below(0, static_cast<std::uint64_t>(image_h - h + 1)));
    origin.left = static_cast<std::int64_t>(random.below(1, static_cast<std::uint64_t>(image_w - w + 1)));
  }
  return origin;
}

}  // namespace selfsame
