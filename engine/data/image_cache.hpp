// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/data/image_source.hpp"
#include "kernels/gather/gather.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

/// A decoded image in as few bytes as hold it exactly: integer images as integers, others as floats.
class StoredImage {
 public:
  explicit StoredImage(const Image& image);

  [[nodiscard]] std::size_t bytes() const { return bytes_.size() + 2 * words_.size() + 4 * floats_.size(); }
  [[nodiscard]] std::int64_t height() const { return height_; }
  [[nodiscard]] std::int64_t width() const { return width_; }

  [[nodiscard]] std::int64_t channels() const { return channels_; }
  /// The pixels as they are kept, (C, H, W), and the type of one.
  [[nodiscard]] PixelType type() const {
    return !bytes_.empty() ? PixelType::kByte : !words_.empty() ? PixelType::kWord : PixelType::kFloat;
  }
  [[nodiscard]] const void* data() const {
    return !bytes_.empty()   ? static_cast<const void*>(bytes_.data())
           : !words_.empty() ? static_cast<const void*>(words_.data())
                             : static_cast<const void*>(floats_.data());
  }

  /// Writes the crop (C, h, w) that `origin` describes; every value equals the image's pixel to the bit.
  void copy_crop(float* out, const SampleOrigin& origin, std::int64_t h, std::int64_t w) const;

 private:
  std::int64_t channels_, height_, width_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint16_t> words_;
  std::vector<float> floats_;
};

/// One example as it is kept: the image, and for a paired source its second measurement.
struct StoredExample {
  std::vector<StoredImage> images;  ///< one or two
};

/// Decoded examples of a source, kept up to a budget of bytes. What does not fit is decoded again each time:
/// a cyclic scan gains nothing from replacing. Thread-safe; shared by all loaders of a source.
class ImageCache {
 public:
  static constexpr std::size_t kDefaultBudget = std::size_t{1} << 30;

  ImageCache(std::shared_ptr<const ImageSource> source, std::size_t budget);

  [[nodiscard]] const ImageSource& source() const { return *source_; }
  [[nodiscard]] std::size_t bytes() const;
  /// Allocates only when it decodes. Errors: those of ImageSource::load.
  [[nodiscard]] std::shared_ptr<const StoredExample> get(std::uint32_t example);

 private:
  std::shared_ptr<const ImageSource> source_;
  std::size_t budget_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::vector<std::shared_ptr<const StoredExample>> examples_;
};

}  // namespace selfsame
