// SPDX-License-Identifier: Apache-2.0
#include "mri/files/image.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

float luminance_8bit(float r, float g, float b) {
  const auto level = [](float v) { return static_cast<std::uint32_t>(std::lround(v * 255.0f)); };
  return static_cast<float>((19595 * level(r) + 38470 * level(g) + 7471 * level(b) + 32768) >> 16) / 255.0f;
}

void check_channels(const Image& image) {
  SELFSAME_CHECK(image.channels == 1 || image.channels == 3, "expected 1 or 3 channels, got {}",
                 image.channels);
}

}  // namespace

Image to_gray(Image image) {
  check_channels(image);
  if (image.channels == 1) {
    return image;
  }
  const std::int64_t plane = image.plane();
  float* out = image.pixels.data();
  const float *green = out + plane, *blue = out + 2 * plane;
  const bool is_8bit = image.integer && image.bits == 8, is_16bit = image.integer && image.bits == 16;
  for (std::int64_t i = 0; i < plane; ++i) {
    if (is_8bit) {
      out[i] = luminance_8bit(out[i], green[i], blue[i]);
    } else {
      const double value = 0.299 * out[i] + 0.587 * green[i] + 0.114 * blue[i];
      out[i] =
          is_16bit ? static_cast<float>(std::round(value * 65535.0)) / 65535.0f : static_cast<float>(value);
    }
  }
  image.channels = 1;
  image.pixels.resize(static_cast<std::size_t>(plane));
  return image;
}

Image to_color(Image image) {
  check_channels(image);
  if (image.channels == 3) {
    return image;
  }
  const std::size_t plane = image.pixels.size();
  image.pixels.resize(3 * plane);
  for (int c = 1; c < 3; ++c) {
    std::copy_n(image.pixels.begin(), plane, image.pixels.begin() + static_cast<std::ptrdiff_t>(c * plane));
  }
  image.channels = 3;
  return image;
}

Image viewable(Image image) {
  if (image.channels != 4) {
    check_channels(image);
    return image;
  }
  const std::int64_t plane = image.plane();
  float* green = image.pixels.data() + plane;
  for (std::int64_t i = 0; i < plane; ++i) {
    green[i] = 0.5f * (green[i] + green[i + plane]);
    green[i + plane] = green[i + 2 * plane];
  }
  image.channels = 3;
  image.pixels.resize(static_cast<std::size_t>(3 * plane));
  return image;
}

}  // namespace selfsame
