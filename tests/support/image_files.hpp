// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

// jpeglib.h uses std::size_t and FILE without including them.
#include <jpeglib.h>

#include "kernels/base/error.hpp"
#include "mri/files/image.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {

using Bytes = std::vector<std::uint8_t>;

inline Bytes read_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, const Bytes& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::string image_fixture(const std::string& name) {
  return (source_root() / "tests/fixtures/images" / name).string();
}

/// An 8-bit image whose pixel (c, y, x) is (7x + 13y + 50c + salt) mod 256.
inline Image pattern_image(int channels, int height, int width, int salt = 0) {
  Image image{channels, height, width, {}, 8, true};
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        image.pixels.push_back(static_cast<float>((7 * x + 13 * y + 50 * c + salt) % 256) / 255.0f);
      }
    }
  }
  return image;
}

/// Writes a JPEG through libjpeg, gray or RGB, by the number of channels.
inline void write_test_jpeg(const std::string& path, const Image& image, int quality, bool progressive) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  jpeg_stdio_dest(&info, file);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  if (progressive) {
    jpeg_simple_progression(&info);
  }
  jpeg_start_compress(&info, TRUE);
  Bytes row(static_cast<std::size_t>(image.width * image.channels));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < image.channels; ++c) {
        row[static_cast<std::size_t>(x * image.channels + c)] = static_cast<std::uint8_t>(
            image.pixels[static_cast<std::size_t>(c * image.plane() + y * image.width + x)] * 255.0f + 0.5f);
      }
    }
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::fclose(file);
}

/// The text of the Error(kind) that `f` throws; another kind is said in the text, and none at all gives "".
inline std::string message_of(ErrorKind kind, const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.kind() == kind ? error.what()
                                : "error of kind " + std::to_string(error.exit_code()) + ": " + error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace selfsame
