// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "engine/files/json_text.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Json = nlohmann::json;

struct DTypeInfo {
  std::string_view name;
  std::size_t size;
};
constexpr std::array<DTypeInfo, 10> kDTypes{{{"F64", 8},
                                             {"I64", 8},
                                             {"U64", 8},
                                             {"F32", 4},
                                             {"I32", 4},
                                             {"U32", 4},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"U8", 1},
                                             {"BOOL", 1}}};

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(ErrorKind::kData, fmt::format(text, std::forward<Args>(args)...));
}

/// A name from a file as it may be printed: JSON escapes keep control characters off the terminal.
std::string printable(std::string_view name) {
  std::string out;
  append_json_string(out, name.substr(0, kMaxNameBytes));
  return out;
}

/// Receives the parser's events and accepts exactly the header's grammar, so that no other document is ever
/// built:
/// {"__metadata__": {text: text}, name: {"dtype": text, "shape": [integer], "data_offsets": [integer,
/// integer]}}.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  SafetensorsHeader header;

  bool key(string_t& text) override {
    if (place_ == Place::kRoot) {
      start_entry(text);
    } else if (place_ == Place::kMetadata) {
      key_ = text;
      if (header.metadata.count(text) != 0) {
        refuse("duplicate metadata key {}", printable(text));
      }
      expect_ = Expect::kText;
    } else {
      start_field(text);
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::kNone) {
      place_ = Place::kRoot;
    } else if (place_ == Place::kRoot && expect_ == Expect::kObject) {
      place_ = in_metadata_ ? Place::kMetadata : Place::kTensor;
    } else {
      unexpected("an object");
    }
    expect_ = Expect::kNothing;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::kTensor && fields_.size() != 3) {
      refuse("tensor {} lacks one of dtype, shape, data_offsets", printable(entry_.name));
    }
    if (place_ == Place::kTensor) {
      header.entries.push_back(entry_);
    }
    place_ = place_ == Place::kRoot ? Place::kNone : Place::kRoot;
    return true;
  }
  bool start_array(std::size_t) override {
    if (expect_ != Expect::kArray) {
      unexpected("an array");
    }
    expect_ = Expect::kNumbers;
    numbers_.clear();
    return true;
  }
  bool end_array() override {
    expect_ = Expect::kNothing;
    if (key_ == "shape") {
      entry_.shape = numbers_;
    } else if (numbers_.size() != 2) {
      refuse("tensor {}: data_offsets has {} numbers instead of 2", printable(entry_.name), numbers_.size());
    } else {
      entry_.begin = static_cast<std::uint64_t>(numbers_[0]);
      entry_.end = static_cast<std::uint64_t>(numbers_[1]);
    }
    return true;
  }
  bool string(string_t& text) override {
    if (expect_ != Expect::kText) {
      unexpected("a string");
    }
    expect_ = Expect::kNothing;
    if (place_ == Place::kMetadata) {
      header.metadata[key_] = text;
    } else if (!parse_dtype(text, entry_.dtype)) {
      refuse("tensor {}: unknown dtype {}", printable(entry_.name), printable(text));
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (expect_ != Expect::kNumbers) {
      unexpected("a number");
    }
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      refuse("tensor {}: {} in {} is too large", printable(entry_.name), value, key_);
    }
    if (numbers_.size() >= kMaxDims) {
      refuse("tensor {}: more than {} numbers in {}", printable(entry_.name), kMaxDims, key_);
    }
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a fraction"); }
  bool binary(binary_t&) override { unexpected("binary"); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    refuse("the header is not valid JSON at byte {} of it", position);
  }

 private:
  enum class Place { kNone, kRoot, kMetadata, kTensor };
  enum class Expect { kNothing, kObject, kText, kArray, kNumbers };

  void start_entry(const std::string& name) {
    in_metadata_ = name == "__metadata__";
    if (name.size() > kMaxNameBytes) {
      refuse("a tensor name has {} bytes, more than {}", name.size(), kMaxNameBytes);
    }
    if (!names_.insert(name).second) {
      refuse("duplicate key {}", printable(name));
    }
    if (names_.size() > kMaxTensors + 1) {
      refuse("more than {} tensors", kMaxTensors);
    }
    entry_ = HeaderEntry{};
    entry_.name = name;
    fields_.clear();
    expect_ = Expect::kObject;
  }
  void start_field(const std::string& field) {
    if (field != "dtype" && field != "shape" && field != "data_offsets") {
      refuse("tensor {}: unknown field {}", printable(entry_.name), printable(field));
    }
    if (!fields_.insert(field).second) {
      refuse("tensor {}: duplicate field {}", printable(entry_.name), field);
    }
    key_ = field;
    expect_ = field == "dtype" ? Expect::kText : Expect::kArray;
  }
  [[noreturn]] void unexpected(const char* what) const {
    refuse("unexpected {} in the header near key {}", what, printable(key_.empty() ? entry_.name : key_));
  }

  Place place_ = Place::kNone;
  Expect expect_ = Expect::kNothing;
  bool in_metadata_ = false;
  std::string key_;
  HeaderEntry entry_;
  std::set<std::string> names_, fields_;
  std::vector<std::int64_t> numbers_;
};

void check_offsets(const std::vector<HeaderEntry>& entries, std::uint64_t data_bytes) {
  std::uint64_t at = 0;
  for (const HeaderEntry& e : entries) {
    std::uint64_t bytes = 0;
    if (!byte_count(e.shape, e.dtype, bytes)) {
      refuse("tensor {}: the size of its shape overflows", printable(e.name));
    }
    if (e.begin != at || e.end < e.begin || e.end > data_bytes) {
      refuse("tensor {}: data_offsets [{}, {}] where {} was to begin, in {} bytes of data", printable(e.name),
             e.begin, e.end, at, data_bytes);
    }
    if (e.end - e.begin != bytes) {
      refuse("tensor {}: {} bytes of data for a shape of {} bytes", printable(e.name), e.end - e.begin,
             bytes);
    }
    at = e.end;
  }
  if (at != data_bytes) {
    refuse("the tensors cover {} of {} bytes of data", at, data_bytes);
  }
}

}  // namespace

std::size_t size_of(FileDType type) { return kDTypes[static_cast<std::size_t>(type)].size; }

std::string shape_text(const std::vector<std::int64_t>& shape, std::string_view separator) {
  std::string text;
  for (const std::int64_t d : shape) {
    text += (text.empty() ? "" : std::string(separator)) + std::to_string(d);
  }
  return text;
}

std::string_view name_of(FileDType type) { return kDTypes[static_cast<std::size_t>(type)].name; }

bool parse_dtype(std::string_view name, FileDType& dtype) {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) {
      dtype = static_cast<FileDType>(i);
      return true;
    }
  }
  return false;
}

bool byte_count(const std::vector<std::int64_t>& shape, FileDType dtype, std::uint64_t& bytes) {
  auto product = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t d : shape) {
    if (d < 0 || __builtin_mul_overflow(product, d, &product)) {
      return false;
    }
  }
  bytes = static_cast<std::uint64_t>(product);
  return true;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t data_bytes) {
  if (text.empty() || text[0] != '{') {
    refuse("the header does not start with '{{'");
  }
  HeaderReader reader;
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) {
    refuse("the header is not valid JSON");
  }
  SafetensorsHeader& header = reader.header;
  if (header.entries.size() > kMaxTensors) {
    refuse("more than {} tensors", kMaxTensors);
  }
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const HeaderEntry& a, const HeaderEntry& b) {
                     return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
                   });
  check_offsets(header.entries, data_bytes);
  return std::move(header);
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  std::string text = "{\"__metadata__\":{";
  const char* separator = "";
  for (const auto& [key, value] : header.metadata) {
    text += separator;
    append_json_string(text, key);
    text += ':';
    append_json_string(text, value);
    separator = ",";
  }
  text += '}';
  for (const HeaderEntry& e : header.entries) {
    text += ',';
    append_json_string(text, e.name);
    text += fmt::format(":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", name_of(e.dtype),
                        shape_text(e.shape, ","), e.begin, e.end);
  }
  text += '}';
  text.append((64 - (8 + text.size()) % 64) % 64, ' ');
  return text;
}

}  // namespace selfsame
