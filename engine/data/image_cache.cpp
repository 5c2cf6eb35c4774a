// SPDX-License-Identifier: Apache-2.0
#include "engine/data/image_cache.hpp"

#include <array>
#include <utility>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

template <typename T>
std::vector<T> quantize(const std::vector<float>& pixels, float peak) {
  std::vector<T> levels(pixels.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    levels[i] = static_cast<T>(pixels[i] * peak + 0.5f);
  }
  return levels;
}

template <typename T, typename ToFloat>
void copy_window(float* out, const T* image, std::int64_t channels, const SampleOrigin& origin,
                 std::int64_t h, std::int64_t w, ToFloat to_float) {
  const PixelIndex window = window_size(origin, h, w);
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t r = 0; r < window.y; ++r) {
      const RowPlacement place = place_row(origin, h, w, r);
      const T* row = image + (c * origin.image_h + origin.top + r) * origin.image_w + origin.left;
      float* target = out + c * h * w + place.offset;
      for (std::int64_t k = 0; k < window.x; ++k) {
        target[k * place.stride] = to_float(row[k]);
      }
    }
  }
}

// k / 255 by table: the same quotient as the readers', without the division.
const std::array<float, 256>& unit_levels() {
  static const std::array<float, 256> levels = [] {
    std::array<float, 256> table{};
    for (std::size_t k = 0; k < table.size(); ++k) {
      table[k] = static_cast<float>(k) / 255.0f;
    }
    return table;
  }();
  return levels;
}

}  // namespace

StoredImage::StoredImage(const Image& image)
    : channels_(image.channels), height_(image.height), width_(image.width) {
  if (image.integer && image.bits == 8) {
    bytes_ = quantize<std::uint8_t>(image.pixels, 255.0f);
  } else if (image.integer && image.bits == 16) {
    words_ = quantize<std::uint16_t>(image.pixels, 65535.0f);
  } else {
    floats_ = image.pixels;
  }
}

void StoredImage::copy_crop(float* out, const SampleOrigin& origin, std::int64_t h, std::int64_t w) const {
  const PixelIndex window = window_size(origin, h, w);
  SELFSAME_CHECK(origin.image_h == height_ && origin.image_w == width_ && origin.top >= 0 &&
                     origin.left >= 0 && origin.top + window.y <= height_ && origin.left + window.x <= width_,
                 "window {}x{} at ({}, {}) of an image of {}x{}", window.y, window.x, origin.top, origin.left,
                 height_, width_);
  if (!bytes_.empty()) {
    const std::array<float, 256>& levels = unit_levels();
    copy_window(out, bytes_.data(), channels_, origin, h, w, [&](std::uint8_t v) { return levels[v]; });
  } else if (!words_.empty()) {
    copy_window(out, words_.data(), channels_, origin, h, w,
                [](std::uint16_t v) { return static_cast<float>(v) / 65535.0f; });
  } else {
    copy_window(out, floats_.data(), channels_, origin, h, w, [](float v) { return v; });
  }
}

ImageCache::ImageCache(std::shared_ptr<const ImageSource> source, std::size_t budget)
    : source_(std::move(source)), budget_(budget), examples_(static_cast<std::size_t>(source_->count())) {}

std::size_t ImageCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::shared_ptr<const StoredExample> ImageCache::get(std::uint32_t example) {
  SELFSAME_CHECK(example < examples_.size(), "example {} of {}", example, examples_.size());
  {
    const std::lock_guard lock(mutex_);
    if (examples_[example]) {
      return examples_[example];
    }
  }
  auto stored = std::make_shared<StoredExample>();
  std::size_t bytes = 0;
  if (source_->paired()) {
    const ImagePair pair = source_->load_pair(example);
    stored->images = {StoredImage(pair.first), StoredImage(pair.second)};
    bytes = stored->images[0].bytes() + stored->images[1].bytes();
  } else {
    stored->images = {StoredImage(source_->load(example))};
    bytes = stored->images[0].bytes();
  }
  const std::lock_guard lock(mutex_);
  if (!examples_[example] && bytes_ + bytes <= budget_) {
    examples_[example] = stored;
    bytes_ += bytes;
  }
  return stored;
}

}  // namespace selfsame
