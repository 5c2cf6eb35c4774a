// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kMaxChannels = 16;
constexpr std::int64_t kPackedChannels = 4;  // red, two greens and blue of raw data

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (const std::int64_t d : shape) {
    text += std::to_string(d) + ",";
  }
  return text + ")";
}

bool is_color_axis(std::int64_t d) { return d == 1 || d == 3; }

}  // namespace

NpyImages npy_images(const NpyFile& file) {
  const NpyHeader& header = file.header();
  const std::vector<std::int64_t>& s = header.shape;
  const bool complex = header.type == NpyType::kC8 || header.type == NpyType::kC16;
  NpyImages layout;
  if (s.size() == 2) {
    layout = {1, 1, s[0], s[1], false};
  } else if (s.size() == 3) {
    layout =
        is_color_axis(s[2]) ? NpyImages{1, s[2], s[0], s[1], true} : NpyImages{s[0], 1, s[1], s[2], false};
  } else if (s.size() == 4 && is_color_axis(s[3]) && !is_color_axis(s[1])) {
    layout = {s[0], s[3], s[1], s[2], true};
  } else if (s.size() == 4 && s[3] == kPackedChannels && !is_color_axis(s[1]) && s[1] != kPackedChannels) {
    layout = {s[0], s[3], s[1], s[2], true};
  } else if (s.size() == 4 && !is_color_axis(s[3]) && s[1] <= kMaxChannels &&
             !(s[1] == kPackedChannels && s[3] == kPackedChannels)) {
    layout = {s[0], s[1], s[2], s[3], false};
  }
  if (complex || header.elements == 0 || layout.images == 0) {
    fail(ErrorKind::kData,
         "{}: an array of {} with shape {} is not a set of images: expected a real array (H, W), (H, W, 3), "
         "(N, H, W), "
         "(N, H, W, C) or (N, C, H, W)",
         file.path(), name_of(header.type), shape_text(s));
  }
  if (layout.height > kMaxImageSide || layout.width > kMaxImageSide ||
      layout.height * layout.width > kMaxImagePixels) {
    fail(ErrorKind::kData, "{}: images of {}x{} pixels, more than the limit of {}", file.path(), layout.width,
         layout.height, kMaxImagePixels);
  }
  return layout;
}

ImageInfo probe_npy(const NpyFile& file) {
  const NpyImages layout = npy_images(file);
  const NpyType type = file.header().type;
  return {static_cast<int>(layout.channels),
          static_cast<int>(layout.height),
          static_cast<int>(layout.width),
          static_cast<int>(8 * size_of(type)),
          type == NpyType::kU1 || type == NpyType::kU2,
          layout.images};
}

Image read_npy_image(const NpyFile& file, std::int64_t index, PixelScale scale) {
  const NpyImages layout = npy_images(file);
  const ImageInfo info = probe_npy(file);
  if (index < 0 || index >= layout.images) {
    fail(ErrorKind::kData, "{}: image {} of {}", file.path(), index, layout.images);
  }
  Image image{
      info.channels, info.height, info.width, {}, info.bits, info.integer && scale == PixelScale::kUnit};
  image.pixels.resize(static_cast<std::size_t>(image.count()));
  file.read_floats(image.pixels, index * image.count(), image.count(), scale);
  if (layout.channels_last && layout.channels > 1) {
    const std::vector<float> interleaved = std::move(image.pixels);
    image.pixels.resize(interleaved.size());
    for (std::int64_t i = 0; i < image.plane(); ++i) {
      for (int c = 0; c < image.channels; ++c) {
        image.pixels[static_cast<std::size_t>(c * image.plane() + i)] =
            interleaved[static_cast<std::size_t>(i * image.channels + c)];
      }
    }
  }
  return image;
}

}  // namespace selfsame
