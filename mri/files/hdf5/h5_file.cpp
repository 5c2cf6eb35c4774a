// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/h5_file.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/hdf5/h5_helper.hpp"
#include "mri/files/helper_program.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/message_reader.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

// What deflate, the strongest of the filters in use, makes of a byte at most (mri/files/png_file.hpp), and
// room for the fill values of a small file.
constexpr std::uint64_t kMostExpansion = 1032, kFree = 1 << 16;
// Of the clock, for a disk that is far away, and of the processor, which a small file needs for milliseconds.
constexpr double kSeconds = 10, kProcessorSeconds = 0.5, kBytesPerSecond = 20e6;
// libhdf5 with its caches, besides twice the file and four times what is asked for (a chunk, and its copies
// on the way through filters and conversions).
constexpr std::uint64_t kBaseMemory = std::uint64_t{512} << 20;

template <typename... Args>
[[noreturn]] void refuse(const fs::path& path, fmt::format_string<Args...> text, Args&&... args) {
  fail(ErrorKind::kData, "{}: unreadable HDF5: {}", path.string(),
       fmt::format(text, std::forward<Args>(args)...));
}

std::uint64_t saturated(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? ~std::uint64_t{0} / 4
                                                : std::min(product, ~std::uint64_t{0} / 4);
}

H5DataSet read_description(MessageReader& in, bool complex, const fs::path& path, const std::string& name,
                           std::uint64_t file_bytes) {
  H5DataSet data;
  data.complex = complex;
  const int rank = in.u8();
  if (rank > kH5MostDimensions) {
    refuse(path, "{} of {} dimensions", name, rank);
  }
  std::int64_t elements = 1;
  for (int d = 0; d < rank; ++d) {
    data.shape.push_back(in.i64_in(0, INT64_MAX));
    if (__builtin_mul_overflow(elements, data.shape.back(), &elements)) {
      refuse(path, "{} with more elements than fit 64 bits", name);
    }
  }
  data.elements = elements;
  const std::uint64_t element_bytes = in.u64();
  const std::uint64_t offset = in.u64();
  const std::uint64_t bytes = saturated(static_cast<std::uint64_t>(elements), element_bytes);
  const std::uint64_t floats =
      saturated(static_cast<std::uint64_t>(elements),
                static_cast<std::uint64_t>(data.floats_per_element()) * sizeof(float));
  // An element of one byte becomes a float of four.
  if (element_bytes == 0 ||
      std::max(bytes, floats / sizeof(float)) > saturated(file_bytes, kMostExpansion) + kFree) {
    refuse(path, "{} has {} elements of {} bytes, which a file of {} bytes cannot hold", name, elements,
           element_bytes, file_bytes);
  }
  if (offset != kH5NoOffset) {
    if (offset > file_bytes || floats > file_bytes - offset) {
      refuse(path, "{} ends at byte {} of {}", name, saturated(1, offset) + floats, file_bytes);
    }
    data.offset = offset;
  }
  return data;
}

}  // namespace

std::optional<double> H5Attribute::as_number() const {
  if (number) {
    return number;
  }
  double value = 0;
  const char* begin = text ? text->data() : nullptr;
  const char* end = text ? begin + text->size() : nullptr;
  const auto [stop, error] = std::from_chars(begin, end, value);
  return text && error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> H5Attribute::as_integer() const {
  const std::optional<double> value = as_number();
  return value && std::abs(*value) < 9e15 && std::floor(*value) == *value
             ? std::optional(static_cast<std::int64_t>(*value))
             : std::nullopt;
}

std::string H5Attribute::as_text() const { return text ? *text : number ? fmt::format("{}", *number) : ""; }

const fs::path& h5_helper_program() {
  static const fs::path program = find_helper_program("selfsame-h5");
  return program;
}

H5File::H5File(fs::path path, const H5Request& request, fs::path helper)
    : path_(std::move(path)), helper_(helper.empty() ? h5_helper_program() : std::move(helper)) {
  file_bytes_ = InputFile(path_.string()).size();
  if (helper_.empty()) {
    fail(ErrorKind::kData,
         "{}: an HDF5 file, which this program cannot read: there is no selfsame-h5 beside it, because "
         "libhdf5-dev was missing when it was built",
         path_.string());
  }
  std::vector<std::string> words{"describe"};
  const auto add = [&](char prefix, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      words.push_back(std::string{prefix, ':'} + name);
    }
  };
  add('d', request.data_sets);
  add('a', request.attributes);
  add('t', request.texts);
  const std::string answer =
      ask(std::move(words), (words.size() + 1) * 256 + 2 * std::min(file_bytes_, kH5LongestText));
  try {
    take_apart(answer, request);
  } catch (const Error& e) {
    if (std::string_view(e.what()).starts_with(path_.string())) {
      throw;
    }
    refuse(path_, "its reader answered with {}", e.what());
  }
}

void H5File::take_apart(const std::string& answer, const H5Request& request) {
  MessageReader in(answer);
  const auto unexpected = [&](const std::string& name, int kind) {
    refuse(path_, "its reader answered {} with {}", name, kind);
  };
  for (const std::string& name : request.data_sets) {
    const std::uint8_t kind = in.u8();
    switch (static_cast<H5Kind>(kind)) {
      case H5Kind::kAbsent:
        break;
      case H5Kind::kReal:
      case H5Kind::kComplex:
        data_sets_[name] = {true, read_description(in, static_cast<H5Kind>(kind) == H5Kind::kComplex, path_,
                                                   name, file_bytes_)};
        break;
      case H5Kind::kOther:
        data_sets_[name] = {};
        break;
      default:
        unexpected(name, kind);
    }
  }
  const auto values = [&](const std::vector<std::string>& names, auto store) {
    for (const std::string& name : names) {
      const std::uint8_t kind = in.u8();
      if (kind > static_cast<std::uint8_t>(H5Kind::kText) || static_cast<H5Kind>(kind) == H5Kind::kReal ||
          static_cast<H5Kind>(kind) == H5Kind::kComplex) {
        unexpected(name, kind);
      }
      H5Attribute value;
      if (static_cast<H5Kind>(kind) == H5Kind::kNumber) {
        value.number = in.f64();
      } else if (static_cast<H5Kind>(kind) == H5Kind::kText) {
        value.text = in.text(std::min(file_bytes_, kH5LongestText));
      }
      if (static_cast<H5Kind>(kind) != H5Kind::kAbsent) {
        store(name, std::move(value));
      }
    }
  };
  values(request.attributes, [&](const auto& name, H5Attribute v) { attributes_[name] = std::move(v); });
  values(request.texts, [&](const auto& name, H5Attribute v) { texts_[name] = std::move(v).as_text(); });
  in.expect_end();
}

std::string H5File::ask(std::vector<std::string> words, std::uint64_t answer_bytes) const {
  const double more = static_cast<double>(answer_bytes) / kBytesPerSecond;
  const std::uint64_t memory = kBaseMemory + saturated(2, file_bytes_) + saturated(4, answer_bytes);
  words.insert(words.begin() + 1, path_.string());
  HelperAnswer answer =
      ask_helper(helper_, kH5Magic, words, {kSeconds + more, kProcessorSeconds + more, memory, answer_bytes});
  if (!answer.failure.empty()) {
    refuse(path_, "its reader: {}", answer.failure);
  }
  if (!answer.refusal.empty()) {
    refuse(path_, "{}", answer.refusal);
  }
  return std::move(answer.content);
}

const H5DataSet* H5File::find(const std::string& name) const {
  const auto found = data_sets_.find(name);
  if (found == data_sets_.end()) {
    return nullptr;
  }
  if (!found->second.numbers) {
    fail(ErrorKind::kData, "{}: {} is neither an array of numbers nor of complex numbers {{r, i}}",
         path_.string(), name);
  }
  return &found->second.data;
}

const H5Attribute* H5File::attribute(const std::string& name) const {
  const auto found = attributes_.find(name);
  return found == attributes_.end() ? nullptr : &found->second;
}

const std::string* H5File::text(const std::string& name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? nullptr : &found->second;
}

std::vector<float> H5File::read(const std::string& name, std::int64_t first, std::int64_t count) const {
  const H5DataSet* data = find(name);
  SELFSAME_CHECK(data != nullptr && !data->shape.empty() && data->shape[0] > 0, "{}: no array {}",
                 path_.string(), name);
  SELFSAME_CHECK(first >= 0 && count >= 0 && first <= data->shape[0] - count, "{}: [{}, {}) of {} in {}",
                 name, first, first + count, data->shape[0], path_.string());
  const std::int64_t each = data->elements / data->shape[0] * data->floats_per_element();
  const std::uint64_t values = static_cast<std::uint64_t>(count * each);
  if (data->offset) {
    std::vector<float> out(static_cast<std::size_t>(values));
    InputFile(path_.string())
        .read_at(out.data(), *data->offset + static_cast<std::uint64_t>(first * each) * sizeof(float),
                 out.size() * sizeof(float));
    return out;
  }
  const std::string answer =
      ask({"read", name, fmt::format("{}", first), fmt::format("{}", count), fmt::format("{}", values)},
          values * sizeof(float));
  if (answer.size() != values * sizeof(float)) {
    refuse(path_, "its reader answered {} bytes for {} values of {}", answer.size(), values, name);
  }
  std::vector<float> out(static_cast<std::size_t>(values));
  std::memcpy(out.data(), answer.data(), answer.size());
  return out;
}

H5Array read_h5_array(const fs::path& path, const std::string& name) {
  const H5File file(path, {{name}, {}, {}});
  const H5DataSet* data = file.find(name);
  if (data == nullptr) {
    fail(ErrorKind::kData, "{}: no data set {}", path.string(), name);
  }
  if (data->elements == 0 || data->shape.empty()) {
    fail(ErrorKind::kData, "{}: {} is empty", path.string(), name);
  }
  return {data->shape, data->complex, file.read(name, 0, data->shape[0])};
}

}  // namespace selfsame
