// SPDX-License-Identifier: Apache-2.0
// kernels/gather/gather.hpp on the CPU, by rows of the window, which are contiguous in the image.
#include <array>

#include "kernels/gather/gather_versions.hpp"

namespace selfsame::gather_cpu {
namespace {

// k / 255 by table: the same quotient without the division.
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

/// One channel of a window.
template <typename T, typename Value>
void copy_window(float* out, const std::byte* pixels, const SampleOrigin& origin, std::int64_t h,
                 std::int64_t w, Value value) {
  const PixelIndex window = window_size(origin, h, w);
  for (std::int64_t r = 0; r < window.y; ++r) {
    const RowPlacement place = place_row(origin, h, w, r);
    const T* row = reinterpret_cast<const T*>(pixels) + (origin.top + r) * origin.image_w + origin.left;
    for (std::int64_t k = 0; k < window.x; ++k) {
      out[place.offset + k * place.stride] = value(row[k]);
    }
  }
}

}  // namespace

void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream) {
  const std::int64_t C = out.shape.c, h = out.shape.h, w = out.shape.w;
  stream.pool().run(out.shape.n * C, [&](std::int64_t unit, int) {
    const std::int64_t n = unit / C, c = unit % C;
    const SampleOrigin& origin = origins[static_cast<std::size_t>(n)];
    const ResidentImage& image = images[origin.example];
    float* to = out.as<float>() + out.offset(n, c, 0, 0);
    const auto channel = [&](std::size_t pixel_bytes) {
      return arena + image.offset + static_cast<std::size_t>(c * image.h * image.w) * pixel_bytes;
    };
    if (image.type == static_cast<int>(PixelType::kByte)) {
      const std::array<float, 256>& levels = unit_levels();
      copy_window<std::uint8_t>(to, channel(1), origin, h, w, [&](std::uint8_t v) { return levels[v]; });
    } else if (image.type == static_cast<int>(PixelType::kWord)) {
      copy_window<std::uint16_t>(to, channel(2), origin, h, w,
                                 [](std::uint16_t v) { return static_cast<float>(v) / 65535.0f; });
    } else {
      copy_window<float>(to, channel(4), origin, h, w, [](float v) { return v; });
    }
  });
}

}  // namespace selfsame::gather_cpu
