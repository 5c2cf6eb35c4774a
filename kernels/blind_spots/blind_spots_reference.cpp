// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/blind_spots/blind_spots.hpp: pixel by pixel, float or double storage.
#include "kernels/blind_spots/blind_spots_rule.hpp"
#include "kernels/blind_spots/blind_spots_versions.hpp"
#include "kernels/device/elementwise.hpp"

namespace selfsame::blind_spots_reference {

using blind_spots_rule::HiddenPixels;
using blind_spots_rule::Pixel;

void run(TensorView masked, TensorView mask, ConstTensorView image, std::span<const SampleOrigin> origins,
         const BlindSpotRule& rule, Stream& stream) {
  const int h = static_cast<int>(image.shape.h), w = static_cast<int>(image.shape.w);
  elementwise::for_dtype(image.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(image.shape, stream, [&](auto n, auto c, auto i, auto j) {
      const HiddenPixels hidden(origins[static_cast<std::size_t>(n)], rule, h, w);
      const Real* plane = &image.at<Real>(n, c, 0, 0);
      const Pixel p{static_cast<int>(i), static_cast<int>(j)};
      const bool is_hidden = hidden.has(p);
      if (c == 0) {
        mask.at<Real>(n, 0, i, j) = is_hidden ? Real{1} : Real{0};
      }
      if (!is_hidden) {
        masked.at<Real>(n, c, i, j) = image.at<Real>(n, c, i, j);
      } else if (hidden.grid()) {
        masked.at<Real>(n, c, i, j) = blind_spots_rule::mean_around(plane, h, w, p);
      } else {
        const Pixel q = hidden.replacement(p);
        masked.at<Real>(n, c, i, j) = image.at<Real>(n, c, q.row, q.column);
      }
    });
  });
}

}  // namespace selfsame::blind_spots_reference
