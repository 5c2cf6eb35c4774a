// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/gather/gather.hpp: one pixel at a time.
#include <cstring>

#include "kernels/gather/gather_versions.hpp"

namespace selfsame::gather_reference {
namespace {

template <typename T>
float stored(const std::byte* pixels, std::int64_t index) {
  T v;
  std::memcpy(&v, pixels + static_cast<std::size_t>(index) * sizeof(T), sizeof(T));
  return static_cast<float>(v);
}

float value(const ResidentImage& image, const std::byte* arena, std::int64_t c, PixelIndex at) {
  const std::byte* pixels = arena + image.offset;
  const std::int64_t index = (c * image.h + at.y) * image.w + at.x;
  switch (static_cast<PixelType>(image.type)) {
    case PixelType::kByte:
      return stored<std::uint8_t>(pixels, index) / 255.0f;
    case PixelType::kWord:
      return stored<std::uint16_t>(pixels, index) / 65535.0f;
    default:
      return stored<float>(pixels, index);
  }
}

}  // namespace

void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream&) {
  const Shape4 s = out.shape;
  for (std::int64_t n = 0; n < s.n; ++n) {
    const SampleOrigin& origin = origins[static_cast<std::size_t>(n)];
    for (std::int64_t c = 0; c < s.c; ++c) {
      for (std::int64_t i = 0; i < s.h; ++i) {
        for (std::int64_t j = 0; j < s.w; ++j) {
          out.at<float>(n, c, i, j) =
              value(images[origin.example], arena, c, source_pixel(origin, s.h, s.w, i, j));
        }
      }
    }
  }
}

}  // namespace selfsame::gather_reference
