// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "engine/data/image_cache.hpp"
#include "kernels/device/buffer.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/gather/gather.hpp"

namespace selfsame {

/// The training images in the device's memory, as few bytes as hold them exactly: a step then needs no pixel
/// from the host, only where its samples come from.
class ResidentData {
 public:
  /// Decodes and uploads the examples if they fit into `budget` bytes; absent if they do not.
  /// Errors: those of decoding, naming the file.
  [[nodiscard]] static std::optional<ResidentData> make(ImageCache& cache,
                                                        std::span<const std::uint32_t> examples,
                                                        std::size_t budget, Stream& stream);

  /// The first (0) or, of paired data, the second (1) measurement of every example, by its index in the
  /// source.
  [[nodiscard]] const ResidentImage* images(int measurement) const {
    return table_.as<ResidentImage>() + measurement * count_;
  }
  [[nodiscard]] const std::byte* pixels() const { return pixels_.data(); }
  [[nodiscard]] std::size_t bytes() const { return pixels_.bytes() + table_.bytes(); }

 private:
  Buffer pixels_, table_;
  std::int64_t count_ = 0;
};

}  // namespace selfsame
