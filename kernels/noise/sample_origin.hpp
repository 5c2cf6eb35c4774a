// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/philox.hpp"

namespace selfsame {

/// Where a sample (C, h, w) of a batch comes from: which example, which window of its image, turned how.
///
/// The window has (rows, columns) = (h, w), or (w, h) if bit 2 of `transform` is set, and its first pixel is
/// (top, left). Sample = the window, transposed (bit 2), then flipped left-right (bit 0), then flipped
/// top-bottom (bit 1): the eight symmetries of the square.
struct SampleOrigin {
  std::uint64_t seed = 0;                 ///< of the run (lane)
  std::uint32_t example = 0;              ///< index of the example in the data set
  std::uint32_t epoch = 0;                ///< 0 when the noise is frozen
  std::int64_t image_h = 0, image_w = 0;  ///< of the whole image
  std::int64_t top = 0, left = 0;
  int transform = 0;       ///< 0..7; bit 0 flip left-right, bit 1 flip top-bottom, bit 2 transpose
  std::uint32_t draw = 0;  ///< the epoch in any case: what an objective draws itself is always fresh
};

/// The numbers of this sample for this purpose.
[[nodiscard]] constexpr RandomStream random_stream(const SampleOrigin& origin, RandomPurpose purpose) {
  return {origin.seed, purpose, purpose == RandomPurpose::kObjective ? origin.draw : origin.epoch,
          origin.example};
}

struct PixelIndex {
  std::int64_t y, x;
  friend bool operator==(const PixelIndex&, const PixelIndex&) = default;
};

[[nodiscard]] constexpr PixelIndex window_size(const SampleOrigin& origin, std::int64_t h, std::int64_t w) {
  return (origin.transform & 4) != 0 ? PixelIndex{w, h} : PixelIndex{h, w};
}

/// The pixel of the whole image that pixel (i, j) of a sample of size (h, w) shows.
[[nodiscard]] constexpr PixelIndex source_pixel(const SampleOrigin& origin, std::int64_t h, std::int64_t w,
                                                std::int64_t i, std::int64_t j) {
  const std::int64_t row = (origin.transform & 2) != 0 ? h - 1 - i : i;
  const std::int64_t column = (origin.transform & 1) != 0 ? w - 1 - j : j;
  return (origin.transform & 4) != 0 ? PixelIndex{origin.top + column, origin.left + row}
                                     : PixelIndex{origin.top + row, origin.left + column};
}

/// The same seen from the image: the pixels of one row of the window lie at offset + k*stride, k = 0, 1, ...,
/// of the sample's plane (h, w).
struct RowPlacement {
  std::int64_t offset, stride;
};
[[nodiscard]] constexpr RowPlacement place_row(const SampleOrigin& origin, std::int64_t h, std::int64_t w,
                                               std::int64_t window_row) {
  const bool right = (origin.transform & 1) != 0, down = (origin.transform & 2) != 0;
  if ((origin.transform & 4) != 0) {  // a row of the window is a column of the sample
    const std::int64_t column = right ? w - 1 - window_row : window_row;
    return {(down ? (h - 1) * w : 0) + column, down ? -w : w};
  }
  const std::int64_t row = down ? h - 1 - window_row : window_row;
  return {row * w + (right ? w - 1 : 0), right ? -1 : 1};
}

}  // namespace selfsame
