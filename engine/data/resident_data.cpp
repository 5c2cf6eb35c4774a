// SPDX-License-Identifier: Apache-2.0
#include "engine/data/resident_data.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace selfsame {
namespace {

constexpr std::size_t kAlignment = 16;

std::size_t rounded(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// An upper bound that headers alone give: a pixel is four bytes at most.
std::size_t largest_size(const ImageSource& source, std::span<const std::uint32_t> examples) {
  std::size_t bytes = 0;
  for (const std::uint32_t i : examples) {
    const ImageInfo info = source.info(i);
    bytes += rounded(static_cast<std::size_t>(info.channels) * static_cast<std::size_t>(info.height) *
                     static_cast<std::size_t>(info.width) * sizeof(float)) *
             (source.paired() ? 2 : 1);
  }
  return bytes;
}

}  // namespace

std::optional<ResidentData> ResidentData::make(ImageCache& cache, std::span<const std::uint32_t> examples,
                                               std::size_t budget, Stream& stream) {
  const ImageSource& source = cache.source();
  // A byte per pixel is the usual case: what would not fit even so is not decoded in vain.
  if (largest_size(source, examples) / sizeof(float) > budget) {
    return std::nullopt;
  }
  ResidentData data;
  data.count_ = static_cast<std::int64_t>(source.count());
  const auto count = static_cast<std::size_t>(data.count_);
  std::vector<ResidentImage> table(count * 2);
  std::vector<std::byte> pixels;
  for (const std::uint32_t i : examples) {
    const std::shared_ptr<const StoredExample> stored = cache.get(i);
    for (std::size_t m = 0; m < stored->images.size(); ++m) {
      const StoredImage& image = stored->images[m];
      const std::size_t offset = pixels.size();
      if (offset + rounded(image.bytes()) > budget) {
        return std::nullopt;
      }
      pixels.resize(offset + rounded(image.bytes()));
      std::memcpy(pixels.data() + offset, image.data(), image.bytes());
      table[m * count + i] = {offset, static_cast<int>(image.type()), static_cast<int>(image.channels()),
                              image.height(), image.width()};
    }
  }
  data.pixels_ = Buffer(pixels.size(), stream.device());
  data.table_ = Buffer(table.size() * sizeof(ResidentImage), stream.device());
  stream.upload(data.pixels_.data(), pixels.data(), pixels.size());
  stream.upload(data.table_.data(), table.data(), data.table_.bytes());
  stream.synchronize();
  return data;
}

}  // namespace selfsame
