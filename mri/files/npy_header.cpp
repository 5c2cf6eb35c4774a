// SPDX-License-Identifier: Apache-2.0
#include "mri/files/npy_header.hpp"

#include <cctype>
#include <optional>
#include <string_view>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kMaxDimensions = 32, kMaxHeaderBytes = 1 << 20;

// The part of Python's literal syntax that a header may use: one dictionary of strings, booleans and tuples
// of integers.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  NpyHeader parse();

 private:
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) const {
    fail(ErrorKind::kData, "{}: damaged npy header at byte {}: {}", path_, at_,
         fmt::format(text, std::forward<Args>(args)...));
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(char c) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  void expect(char c) {
    if (!take(c)) {
      refuse("expected '{}'", c);
    }
  }
  bool take_word(std::string_view word) {
    skip_spaces();
    if (text_.substr(at_, word.size()) == word) {
      at_ += word.size();
      return true;
    }
    return false;
  }
  std::string_view string();
  std::int64_t integer();
  void parse_type(NpyHeader& header);
  void parse_shape(NpyHeader& header);

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view HeaderParser::string() {
  const char quote = take('\'') ? '\'' : '"';
  if (quote == '"') {
    expect('"');
  }
  const std::size_t begin = at_, end = text_.find(quote, at_);
  if (end == std::string_view::npos || end - begin > 32) {
    refuse("a string without an end");
  }
  at_ = end + 1;
  return text_.substr(begin, end - begin);
}

std::int64_t HeaderParser::integer() {
  skip_spaces();
  std::int64_t value = 0;
  const std::size_t begin = at_;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
        __builtin_add_overflow(value, std::int64_t{text_[at_] - '0'}, &value)) {
      refuse("a number too large");
    }
  }
  if (at_ == begin) {
    refuse("expected a number");
  }
  take('L');  // Python 2 wrote long integers so
  return value;
}

void HeaderParser::parse_type(NpyHeader& header) {
  skip_spaces();
  if (at_ < text_.size() && text_[at_] == '[') {
    refuse("arrays of structures are not supported");
  }
  const std::string_view text = string();
  if (!text.empty() && (text[0] == '<' || text[0] == '>' || text[0] == '|')) {
    for (int i = 0; i <= static_cast<int>(NpyType::kC16); ++i) {
      const auto type = static_cast<NpyType>(i);
      // '|' means that byte order does not apply, which is so for single bytes only.
      if (text.substr(1) == name_of(type) && (text[0] != '|' || size_of(type) == 1)) {
        header.type = type;
        header.big_endian = text[0] == '>';
        return;
      }
    }
  }
  refuse("type '{}' is not supported", text);
}

void HeaderParser::parse_shape(NpyHeader& header) {
  expect('(');
  while (!take(')')) {
    if (header.shape.size() == kMaxDimensions) {
      refuse("more than {} dimensions", kMaxDimensions);
    }
    header.shape.push_back(integer());
    if (!take(',')) {
      // (3) is a number in Python, not a tuple.
      if (header.shape.size() == 1) {
        refuse("expected ','");
      }
      expect(')');
      break;
    }
  }
  for (const std::int64_t d : header.shape) {
    if (__builtin_mul_overflow(header.elements, d, &header.elements)) {
      refuse("a shape with more elements than fit 64 bits");
    }
  }
}

NpyHeader HeaderParser::parse() {
  NpyHeader header;
  bool has_type = false, has_order = false, has_shape = false;
  expect('{');
  while (!take('}')) {
    const std::string_view key = string();
    bool& seen = key == "descr" ? has_type : key == "fortran_order" ? has_order : has_shape;
    if ((key != "descr" && key != "fortran_order" && key != "shape") || seen) {
      refuse("unexpected key '{}'", key);
    }
    seen = true;
    expect(':');
    if (key == "descr") {
      parse_type(header);
    } else if (key == "shape") {
      parse_shape(header);
    } else {
      header.fortran_order = take_word("True");
      if (!header.fortran_order && !take_word("False")) {
        refuse("expected True or False");
      }
    }
    if (!take(',')) {
      expect('}');
      break;
    }
  }
  skip_spaces();
  if (at_ != text_.size()) {
    refuse("text after the dictionary");
  }
  if (!has_type || !has_order || !has_shape) {
    refuse("missing key '{}'", !has_type ? "descr" : !has_order ? "fortran_order" : "shape");
  }
  return header;
}

}  // namespace

NpyHeader read_npy_header(const InputFile& file) {
  unsigned char prefix[12] = {};
  file.read_at(prefix, 0, 10);
  if (std::string_view(reinterpret_cast<const char*>(prefix), 6) != kNpyMagic) {
    fail(ErrorKind::kData, "{}: is not an npy file", file.path());
  }
  const int version = prefix[6];
  if ((version != 1 && version != 2) || prefix[7] != 0) {
    fail(ErrorKind::kData, "{}: npy version {}.{} is not supported, expected 1.0 or 2.0", file.path(),
         version, prefix[7]);
  }
  std::size_t start = 10, bytes = prefix[8] + std::size_t{prefix[9]} * 256;
  if (version == 2) {
    start = 12;
    file.read_at(prefix + 10, 10, 2);
    bytes += (std::size_t{prefix[10]} << 16) + (std::size_t{prefix[11]} << 24);
  }
  if (bytes > kMaxHeaderBytes || start + bytes > file.size()) {
    fail(ErrorKind::kData, "{}: damaged npy header: a header of {} bytes in a file of {}", file.path(), bytes,
         file.size());
  }
  std::string text(bytes, ' ');
  file.read_at(text.data(), start, bytes);
  NpyHeader header = HeaderParser(file.path(), text).parse();
  header.data_offset = start + bytes;
  std::int64_t data_bytes = 0;
  if (__builtin_mul_overflow(header.elements, size_of(header.type), &data_bytes) ||
      static_cast<std::uint64_t>(data_bytes) != file.size() - header.data_offset) {
    fail(ErrorKind::kData,
         "{}: damaged npy file: {} elements of {} do not make the {} bytes after the header", file.path(),
         header.elements, name_of(header.type), file.size() - header.data_offset);
  }
  return header;
}

std::string npy_header_text(NpyType type, std::span<const std::int64_t> shape) {
  std::string dims;
  for (const std::int64_t d : shape) {
    dims += fmt::format("{}{}", dims.empty() ? "" : ", ", d);
  }
  std::string text =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                  size_of(type) == 1 ? '|' : '<', name_of(type), dims, shape.size() == 1 ? "," : "");
  // Magic, version and length take 10 bytes, the final newline one.
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  SELFSAME_CHECK(text.size() <= 65535, "npy header of {} bytes", text.size());
  std::string prefix(kNpyMagic, 6);
  prefix += {1, 0, static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return prefix + text;
}

}  // namespace selfsame
