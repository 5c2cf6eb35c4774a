// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/montage.hpp"

#include <algorithm>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kGap = 4;

}  // namespace

Image montage(const std::vector<std::vector<float>>& images, std::int64_t h, std::int64_t w,
              std::int64_t columns, std::span<const float> peaks) {
  const auto count = static_cast<std::int64_t>(images.size());
  SELFSAME_CHECK(count >= 1 && h >= 1 && w >= 1 && columns >= 1 && peaks.size() == images.size(),
                 "montage of {} images of {} x {} in {} columns with {} peaks", count, h, w, columns,
                 peaks.size());
  const std::int64_t across = std::min(columns, count), down = (count + across - 1) / across;
  Image out;
  out.channels = 1;
  out.height = static_cast<int>(down * h + (down - 1) * kGap);
  out.width = static_cast<int>(across * w + (across - 1) * kGap);
  out.pixels.assign(static_cast<std::size_t>(out.count()), 0.0f);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::vector<float>& image = images[static_cast<std::size_t>(i)];
    const float peak = peaks[static_cast<std::size_t>(i)];
    SELFSAME_CHECK(image.size() == static_cast<std::size_t>(h * w) && peak > 0,
                   "image {} of a montage: {} values for {} x {}, peak {}", i, image.size(), h, w, peak);
    const std::int64_t top = i / across * (h + kGap), left = i % across * (w + kGap);
    for (std::int64_t y = 0; y < h; ++y) {
      for (std::int64_t x = 0; x < w; ++x) {
        const float value = image[static_cast<std::size_t>(y * w + x)] / peak;
        out.pixels[static_cast<std::size_t>((top + y) * out.width + left + x)] =
            value > 0 ? std::min(value, 1.0f) : 0.0f;
      }
    }
  }
  return out;
}

}  // namespace selfsame
