// SPDX-License-Identifier: Apache-2.0
#include "mri/files/png_file.hpp"

#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstdio>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace {

// libpng reports an error by a jump that skips destructors. Hence every function that calls setjmp holds
// plain values only; memory and sessions are owned by its caller.
struct PngMessage {
  char text[160] = "";
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* message = static_cast<PngMessage*>(png_get_error_ptr(png));
  std::snprintf(message->text, sizeof(message->text), "%s", text);
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t bytes) {
  auto* stream = static_cast<ByteStream*>(png_get_io_ptr(png));
  if (stream->read(out, bytes) != bytes) {
    png_error(png, "the file ends too early");
  }
}

class PngReader {
 public:
  explicit PngReader(const InputFile& file) : file_(file), stream_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &message_, on_error, on_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      fail(ErrorKind::kDevice, "{}: out of memory for the PNG reader", file.path());
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  ImageInfo header();
  Image image();

 private:
  bool guarded_header();
  bool guarded_rows(Image& image, unsigned char* raw, std::size_t row_bytes, int passes);
  void store_row(Image& image, const unsigned char* row, int y) const;
  [[noreturn]] void refuse() const {
    fail(ErrorKind::kData, "{}: damaged PNG: {}", file_.path(), message_.text);
  }

  const InputFile& file_;
  ByteStream stream_;
  PngMessage message_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

bool PngReader::guarded_header() {
  if (setjmp(png_jmpbuf(png_)) != 0) {
    return false;
  }
  png_set_read_fn(png_, &stream_, on_read);
  png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png_, kMaxImageSide, kMaxImageSide);
  png_set_chunk_malloc_max(png_, 8 << 20);
  png_set_chunk_cache_max(png_, 128);
  png_read_info(png_, info_);
  png_set_palette_to_rgb(png_);
  png_set_expand_gray_1_2_4_to_8(png_);
  png_set_strip_alpha(png_);
  if (std::endian::native == std::endian::little) {
    png_set_swap(png_);
  }
  passes_ = png_set_interlace_handling(png_);
  return true;
}

ImageInfo PngReader::header() {
  if (!guarded_header()) {
    refuse();
  }
  const std::uint64_t width = png_get_image_width(png_, info_), height = png_get_image_height(png_, info_);
  const int type = png_get_color_type(png_, info_), depth = png_get_bit_depth(png_, info_);
  if (width * height > static_cast<std::uint64_t>(kMaxImagePixels)) {
    fail(ErrorKind::kData, "{}: PNG of {}x{} pixels, more than the limit of {}", file_.path(), width, height,
         kMaxImagePixels);
  }
  // A byte of deflate yields at most 1032: length 258 for a code of 1 bit and a distance of 1 bit.
  const std::uint64_t raw =
      width * height * static_cast<std::uint64_t>(png_get_channels(png_, info_) * depth) / 8;
  if (raw > 1032 * file_.size()) {
    fail(ErrorKind::kData, "{}: damaged PNG: its header says {}x{} pixels, {} bytes cannot hold them",
         file_.path(), width, height, file_.size());
  }
  const bool color = (type & PNG_COLOR_MASK_COLOR) != 0;
  return {color ? 3 : 1, static_cast<int>(height), static_cast<int>(width), depth == 16 ? 16 : 8, true, 1};
}

void PngReader::store_row(Image& image, const unsigned char* row, int y) const {
  for (int c = 0; c < image.channels; ++c) {
    float* out = image.pixels.data() + c * image.plane() + static_cast<std::int64_t>(y) * image.width;
    if (image.bits == 8) {
      for (int x = 0; x < image.width; ++x) {
        out[x] = static_cast<float>(row[x * image.channels + c]) / 255.0f;
      }
    } else {
      const auto* wide = reinterpret_cast<const std::uint16_t*>(row);
      for (int x = 0; x < image.width; ++x) {
        out[x] = static_cast<float>(wide[x * image.channels + c]) / 65535.0f;
      }
    }
  }
}

bool PngReader::guarded_rows(Image& image, unsigned char* raw, std::size_t row_bytes, int passes) {
  if (setjmp(png_jmpbuf(png_)) != 0) {
    return false;
  }
  png_read_update_info(png_, info_);
  if (png_get_rowbytes(png_, info_) != row_bytes) {
    png_error(png_, "rows of an unexpected size");
  }
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < image.height; ++y) {
      unsigned char* row = passes == 1 ? raw : raw + static_cast<std::size_t>(y) * row_bytes;
      png_read_row(png_, row, nullptr);
      if (pass == passes - 1) {
        store_row(image, row, y);
      }
    }
  }
  png_read_end(png_, nullptr);
  return true;
}

Image PngReader::image() {
  const ImageInfo info = header();
  Image image{info.channels, info.height, info.width, {}, info.bits, true};
  image.pixels.resize(static_cast<std::size_t>(image.count()));
  // After the transformations of guarded_header a row holds exactly the samples that are kept.
  const std::size_t row_bytes =
      static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.channels * info.bits / 8);
  std::vector<unsigned char> raw(row_bytes * (passes_ == 1 ? 1 : static_cast<std::size_t>(info.height)));
  if (!guarded_rows(image, raw.data(), row_bytes, passes_)) {
    refuse();
  }
  return image;
}

struct PngWriter {
  png_structp png = nullptr;
  png_infop info = nullptr;
  PngMessage message;
  std::vector<std::byte> bytes;
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

void on_write(png_structp png, png_bytep data, std::size_t bytes) {
  auto* writer = static_cast<PngWriter*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  try {
    writer->bytes.insert(writer->bytes.end(), begin, begin + bytes);
  } catch (const std::bad_alloc&) {
    png_error(png, "out of memory");
  }
}
void on_flush(png_structp) {}

bool guarded_write(PngWriter& writer, const Image& image, int bits, unsigned char* row) {
  if (setjmp(png_jmpbuf(writer.png)) != 0) {
    return false;
  }
  png_set_write_fn(writer.png, &writer, on_write, on_flush);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), bits,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  const float peak = bits == 8 ? 255.0f : 65535.0f;
  for (int y = 0; y < image.height; ++y) {
    unsigned char* out = row;
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < image.channels; ++c) {
        const float value =
            image.pixels[static_cast<std::size_t>(c * image.plane() + std::int64_t{y} * image.width + x)];
        // Written so that NaN fails the comparison and becomes 0.
        const float clipped = value > 0.0f ? std::min(value, 1.0f) : 0.0f;
        const auto sample = static_cast<unsigned>(clipped * peak + 0.5f);
        if (bits == 16) {
          *out++ = static_cast<unsigned char>(sample >> 8);
        }
        *out++ = static_cast<unsigned char>(sample);
      }
    }
    png_write_row(writer.png, row);
  }
  png_write_end(writer.png, nullptr);
  return true;
}

}  // namespace

Image read_png(const InputFile& file) { return PngReader(file).image(); }

ImageInfo probe_png(const InputFile& file) { return PngReader(file).header(); }

std::string encode_png(const Image& image, int bits) {
  SELFSAME_CHECK(image.channels == 1 || image.channels == 3, "PNG of {} channels", image.channels);
  SELFSAME_CHECK(bits == 8 || bits == 16, "PNG of {} bits", bits);
  SELFSAME_CHECK(image.pixels.size() == static_cast<std::size_t>(image.count()) && image.count() > 0,
                 "{} pixels for {}x{}x{}", image.pixels.size(), image.channels, image.height, image.width);
  PngWriter writer;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer.message, on_error, on_warning);
  writer.info = writer.png != nullptr ? png_create_info_struct(writer.png) : nullptr;
  if (writer.info == nullptr) {
    fail(ErrorKind::kDevice, "out of memory for the PNG writer");
  }
  std::vector<unsigned char> row(static_cast<std::size_t>(image.width) *
                                 static_cast<std::size_t>(image.channels * bits / 8));
  if (!guarded_write(writer, image, bits, row.data())) {
    fail(ErrorKind::kIo, "cannot encode PNG: {}", writer.message.text);
  }
  return {reinterpret_cast<const char*>(writer.bytes.data()), writer.bytes.size()};
}

void write_png(const std::string& path, const Image& image, int bits) {
  write_file_atomically(path, encode_png(image, bits));
}

}  // namespace selfsame
