// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

namespace selfsame {

/// A decoded image: planes in order (C, H, W).
///
/// Units: integer formats are scaled to [0, 1] by their largest value, k / (2^bits - 1), which writing undoes
/// exactly; floating-point files keep their values.
struct Image {
  int channels = 0, height = 0, width = 0;
  std::vector<float> pixels;  ///< channels * height * width
  int bits = 8;               ///< of a stored sample: 8, 16, 32 or 64
  bool integer =
      true;  ///< stored as unsigned integers of 8 or 16 bits, pixels are multiples of 1 / (2^bits - 1)

  [[nodiscard]] std::int64_t plane() const { return static_cast<std::int64_t>(height) * width; }
  [[nodiscard]] std::int64_t count() const { return channels * plane(); }
};

/// What a file's header says of its images, before any pixel is decoded.
struct ImageInfo {
  int channels = 0, height = 0, width = 0;
  int bits = 8;
  bool integer = true;
  std::int64_t images = 1;  ///< more than one in a stack
};

/// Largest sides and pixel counts that a reader accepts; checked before memory is taken.
inline constexpr std::int64_t kMaxImageSide = 65535;
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 28;

/// Luminance of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B. Images of 8 bit give exactly the bytes of Pillow's
/// convert("L"), (19595 R + 38470 G + 7471 B + 32768) >> 16; 16-bit images are rounded to 16 bits, others not
/// at all. An image of one channel is returned as it is. Errors: Error(kInternal) unless 1 or 3 channels.
[[nodiscard]] Image to_gray(Image image);

/// Three equal channels from one; an image of three channels is returned as it is.
/// Errors: Error(kInternal) unless 1 or 3 channels.
[[nodiscard]] Image to_color(Image image);

/// What a PNG can show of an image: four planes are packed raw data (R, G, G, B) and become red, the mean of
/// both greens, and blue, without white balance or gamma; one or three channels are returned as they are.
/// Errors: Error(kInternal) for other numbers of channels.
[[nodiscard]] Image viewable(Image image);

}  // namespace selfsame
