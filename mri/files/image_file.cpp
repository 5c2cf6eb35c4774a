// SPDX-License-Identifier: Apache-2.0
#include "mri/files/image_file.hpp"

#include <cstring>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/jpeg_file.hpp"
#include "mri/files/npy_header.hpp"
#include "mri/files/png_file.hpp"

namespace selfsame {
namespace {

[[noreturn]] void refuse_unknown(const InputFile& file) {
  fail(ErrorKind::kData, "{}: {}", file.path(),
       file.size() == 0 ? "is empty" : "is neither PNG nor JPEG nor npy, by its first bytes");
}

}  // namespace

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kNpy:
      return "npy";
    case ImageFormat::kUnknown:
      break;
  }
  return "unknown";
}

ImageFormat detect_format(const InputFile& file) {
  char magic[8] = {};
  const std::size_t n = file.read_some(magic, 0, sizeof(magic));
  const auto begins_with = [&](const char* text, std::size_t bytes) {
    return n >= bytes && std::memcmp(magic, text, bytes) == 0;
  };
  if (begins_with("\x89PNG\r\n\x1a\n", 8)) {
    return ImageFormat::kPng;
  }
  if (begins_with("\xff\xd8\xff", 3)) {
    return ImageFormat::kJpeg;
  }
  return begins_with(kNpyMagic, 6) ? ImageFormat::kNpy : ImageFormat::kUnknown;
}

ImageInfo probe_image(const std::string& path) {
  InputFile file(path);
  switch (detect_format(file)) {
    case ImageFormat::kPng:
      return probe_png(file);
    case ImageFormat::kJpeg:
      return probe_jpeg(file);
    case ImageFormat::kNpy:
      return probe_npy(NpyFile(std::move(file)));
    case ImageFormat::kUnknown:
      break;
  }
  refuse_unknown(file);
}

Image read_image(const std::string& path, std::int64_t index, PixelScale scale) {
  InputFile file(path);
  const ImageFormat format = detect_format(file);
  if (format == ImageFormat::kNpy) {
    return read_npy_image(NpyFile(std::move(file)), index, scale);
  }
  if (format == ImageFormat::kUnknown) {
    refuse_unknown(file);
  }
  if (index != 0) {
    fail(ErrorKind::kData, "{}: image {} of 1", path, index);
  }
  return format == ImageFormat::kPng ? read_png(file) : read_jpeg(file);
}

}  // namespace selfsame
