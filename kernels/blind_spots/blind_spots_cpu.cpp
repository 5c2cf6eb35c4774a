// SPDX-License-Identifier: Apache-2.0
// kernels/blind_spots/blind_spots.hpp on the CPU: rows are copied, then the few hidden pixels of a band of
// rows are visited. A copy is as fast as memory, which leaves nothing to a vector loop.
#include <algorithm>
#include <cstring>

#include "kernels/blind_spots/blind_spots_rule.hpp"
#include "kernels/blind_spots/blind_spots_versions.hpp"

namespace selfsame::blind_spots_cpu {
namespace {

using blind_spots_rule::HiddenPixels;
using blind_spots_rule::Pixel;

/// Calls f(p, q) for the hidden pixels p of the band of rows [s * band, s * band + s), q the pixel to copy
/// (of the stratified kind).
template <typename F>
void for_hidden(const HiddenPixels& hidden, int s, int h, int w, int band, F&& f) {
  if (hidden.grid()) {
    const int row = band * s + hidden.phase_row();
    for (int column = hidden.phase_column(); row < h && column < w; column += s) {
      f(Pixel{row, column}, Pixel{});
    }
    return;
  }
  for (int box = 0; box * s < w; ++box) {
    if (const Pixel p = hidden.of_box(band, box); p.row >= 0) {
      f(p, hidden.replacement(p));
    }
  }
}

}  // namespace

void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
         const BlindSpotRule& rule, Stream& stream) {
  const int h = static_cast<int>(image.shape.h), w = static_cast<int>(image.shape.w), s = rule.spacing;
  const std::int64_t bands = (h + s - 1) / s;
  stream.pool().run(image.shape.n * bands, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / bands, first = unit % bands * s;
    const HiddenPixels hidden(origins[static_cast<std::size_t>(n)], rule, h, w);
    const auto pixels = static_cast<std::size_t>((std::min<std::int64_t>(first + s, h) - first) * w);
    float* marks = mask.as<float>() + mask.offset(n, 0, 0, 0);
    std::fill_n(marks + first * w, pixels, 0.0f);
    for (std::int64_t c = 0; c < image.shape.c; ++c) {
      std::memcpy(masked.as<float>() + masked.offset(n, c, first, 0),
                  image.as<float>() + image.offset(n, c, first, 0), pixels * sizeof(float));
    }
    for_hidden(hidden, s, h, w, static_cast<int>(unit % bands), [&](Pixel p, Pixel q) {
      const std::int64_t to = std::int64_t{p.row} * w + p.column, from = std::int64_t{q.row} * w + q.column;
      marks[to] = 1.0f;
      for (std::int64_t c = 0; c < image.shape.c; ++c) {
        const float* plane = image.as<float>() + image.offset(n, c, 0, 0);
        masked.as<float>()[masked.offset(n, c, 0, 0) + to] =
            hidden.grid() ? blind_spots_rule::mean_around(plane, h, w, p) : plane[from];
      }
    });
  });
}

}  // namespace selfsame::blind_spots_cpu
