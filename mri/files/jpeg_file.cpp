// SPDX-License-Identifier: Apache-2.0
#include "mri/files/jpeg_file.hpp"

#include <cstddef>
#include <cstdio>
// jpeglib.h uses std::size_t and FILE without including them.
#include <jpeglib.h>

#include <csetjmp>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr int kMaxScans = 128;

// libjpeg reports an error through error_exit, which may not return: it jumps, and the jump skips
// destructors. Hence every function that calls setjmp holds plain values only; memory is owned by its caller.
struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg knows only this part
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  info->err->format_message(info, manager->text);
  std::longjmp(manager->jump, 1);
}

// Level -1 is "the data are corrupt, and I go on with invented pixels".
void on_message(j_common_ptr info, int level) {
  if (level < 0) {
    on_error(info);
  }
}

struct SourceManager {
  jpeg_source_mgr base;  // first: libjpeg knows only this part
  ByteStream* stream;
};

[[noreturn]] void stop_with(j_decompress_ptr info, const char* text) {
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  std::snprintf(manager->text, sizeof(manager->text), "%s", text);
  std::longjmp(manager->jump, 1);
}

void source_nothing(j_decompress_ptr) {}

boolean source_fill(j_decompress_ptr info) {
  auto* source = reinterpret_cast<SourceManager*>(info->src);
  const auto [data, bytes] = source->stream->next_block();
  if (bytes == 0) {
    stop_with(info, "the file ends too early");
  }
  source->base.next_input_byte = data;
  source->base.bytes_in_buffer = bytes;
  return TRUE;
}

void source_skip(j_decompress_ptr info, long bytes) {
  jpeg_source_mgr* source = info->src;
  while (bytes > 0) {
    if (source->bytes_in_buffer == 0) {
      source_fill(info);
    }
    const std::size_t step = std::min(static_cast<std::size_t>(bytes), source->bytes_in_buffer);
    source->next_input_byte += step;
    source->bytes_in_buffer -= step;
    bytes -= static_cast<long>(step);
  }
}

// A small file can ask for thousands of scans over a large image.
void on_progress(j_common_ptr info) {
  auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  if (decoder->input_scan_number > kMaxScans) {
    stop_with(decoder, "too many scans");
  }
}

class JpegReader {
 public:
  explicit JpegReader(const InputFile& file) : file_(file), stream_(file) {
    info_.err = jpeg_std_error(&error_.base);
    error_.base.error_exit = on_error;
    error_.base.emit_message = on_message;
    source_.stream = &stream_;
    source_.base.init_source = source_nothing;
    source_.base.fill_input_buffer = source_fill;
    source_.base.skip_input_data = source_skip;
    source_.base.resync_to_restart = jpeg_resync_to_restart;
    source_.base.term_source = source_nothing;
    progress_.progress_monitor = on_progress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  ImageInfo header();
  Image image();

 private:
  bool guarded_header();
  bool guarded_rows(Image& image, unsigned char* row);
  [[noreturn]] void refuse() const {
    fail(ErrorKind::kData, "{}: damaged JPEG: {}", file_.path(), error_.text);
  }

  const InputFile& file_;
  ByteStream stream_;
  ErrorManager error_{};
  SourceManager source_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

bool JpegReader::guarded_header() {
  if (setjmp(error_.jump) != 0) {
    return false;
  }
  jpeg_create_decompress(&info_);
  info_.src = &source_.base;
  info_.progress = &progress_;
  jpeg_read_header(&info_, TRUE);
  return true;
}

ImageInfo JpegReader::header() {
  if (!guarded_header()) {
    refuse();
  }
  const std::int64_t width = info_.image_width, height = info_.image_height;
  if (info_.arith_code || (info_.jpeg_color_space != JCS_GRAYSCALE && info_.jpeg_color_space != JCS_YCbCr &&
                           info_.jpeg_color_space != JCS_RGB)) {
    fail(ErrorKind::kData,
         "{}: JPEG of an unsupported kind: expected gray or RGB colour with Huffman coding, got {}",
         file_.path(), info_.arith_code ? "arithmetic coding" : "another colour space");
  }
  if (width > kMaxImageSide || height > kMaxImageSide || width * height > kMaxImagePixels) {
    fail(ErrorKind::kData, "{}: JPEG of {}x{} pixels, more than the limit of {}", file_.path(), width, height,
         kMaxImagePixels);
  }
  // Of every block of 64 pixels the first coefficient is coded, with one bit at least.
  if (static_cast<std::uint64_t>(width * height) / 64 > 8 * file_.size()) {
    fail(ErrorKind::kData, "{}: damaged JPEG: its header says {}x{} pixels, {} bytes cannot hold them",
         file_.path(), width, height, file_.size());
  }
  return {info_.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3,
          static_cast<int>(height),
          static_cast<int>(width),
          8,
          true,
          1};
}

bool JpegReader::guarded_rows(Image& image, unsigned char* row) {
  if (setjmp(error_.jump) != 0) {
    return false;
  }
  info_.out_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  info_.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info_);
  while (info_.output_scanline < info_.output_height) {
    float* out = image.pixels.data() + std::int64_t{info_.output_scanline} * image.width;
    JSAMPROW rows[1] = {row};
    jpeg_read_scanlines(&info_, rows, 1);
    for (int c = 0; c < image.channels; ++c) {
      for (int x = 0; x < image.width; ++x) {
        out[c * image.plane() + x] = static_cast<float>(row[x * image.channels + c]) / 255.0f;
      }
    }
  }
  jpeg_finish_decompress(&info_);
  return true;
}

Image JpegReader::image() {
  const ImageInfo info = header();
  Image image{info.channels, info.height, info.width, {}, info.bits, true};
  image.pixels.resize(static_cast<std::size_t>(image.count()));
  std::vector<unsigned char> row(static_cast<std::size_t>(info.width) *
                                 static_cast<std::size_t>(info.channels));
  if (!guarded_rows(image, row.data())) {
    refuse();
  }
  return image;
}

}  // namespace

Image read_jpeg(const InputFile& file) { return JpegReader(file).image(); }

ImageInfo probe_jpeg(const InputFile& file) { return JpegReader(file).header(); }

}  // namespace selfsame
