// SPDX-License-Identifier: Apache-2.0
#include "mri/files/preview.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/files/image.hpp"
#include "mri/files/png_file.hpp"

namespace selfsame {

PreviewWindow preview_window(std::span<const float> values) {
  constexpr double kLow = 0.01, kHigh = 0.995;
  std::vector<float> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](float v) { return std::isfinite(v); });
  if (finite.empty()) {
    return {0, 1};
  }
  const auto percentile = [&](double p) {
    const auto place =
        finite.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(finite.size() - 1));
    std::nth_element(finite.begin(), place, finite.end());
    return *place;
  };
  const float low = percentile(kLow), high = percentile(kHigh);
  return {low, high > low ? high : low + 1};
}

Image preview_image(std::span<const float> values, std::int64_t h, std::int64_t w, PreviewWindow window) {
  SELFSAME_CHECK(h >= 1 && w >= 1 && h <= kMaxImageSide && w <= kMaxImageSide &&
                     values.size() == static_cast<std::size_t>(h * w),
                 "{} values for a preview of {} x {}", values.size(), h, w);
  Image image{1, static_cast<int>(h), static_cast<int>(w), {}, 8, true};
  image.pixels.reserve(values.size());
  for (const float value : values) {
    // In double, where the difference of two floats does not overflow.
    const double place =
        (static_cast<double>(value) - window.low) / (static_cast<double>(window.high) - window.low);
    image.pixels.push_back(static_cast<float>(std::clamp(std::isnan(place) ? 0.0 : place, 0.0, 1.0)));
  }
  return image;
}

void write_previews(const std::vector<std::filesystem::path>& paths, std::span<const float> values,
                    std::int64_t h, std::int64_t w, PreviewWindow window) {
  const auto plane = static_cast<std::size_t>(h * w);
  SELFSAME_CHECK(values.size() == paths.size() * plane, "{} values for {} previews of {} x {}", values.size(),
                 paths.size(), h, w);
  for (std::size_t s = 0; s < paths.size(); ++s) {
    write_png(paths[s].string(), preview_image(values.subspan(s * plane, plane), h, w, window), 8);
  }
}

}  // namespace selfsame
