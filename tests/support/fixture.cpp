// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fixture.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame::test {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::size_t kLargestFile = 16U << 20;

struct Span {
  std::size_t begin, end;
};

/// Checks one entry of the header and converts its bytes.
Fixture::Tensor convert(const nlohmann::json& entry, const char* data, std::size_t data_bytes, Span& span) {
  Fixture::Tensor tensor;
  tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
  const auto type = entry.at("dtype").get<std::string>();
  const auto offsets = entry.at("data_offsets").get<std::array<std::size_t, 2>>();
  if (type != "F32" && type != "F64") {
    fail(ErrorKind::kData, "type {}, expected F32 or F64", type);
  }
  std::size_t count = 1;
  for (const std::int64_t size : tensor.shape) {
    if (size < 0 || static_cast<std::size_t>(size) > kLargestFile) {
      fail(ErrorKind::kData, "size {}", size);
    }
    count = std::min(count * static_cast<std::size_t>(size), kLargestFile);
  }
  const std::size_t bytes = type == "F32" ? 4 : 8;
  span = {offsets[0], offsets[1]};
  if (span.begin > span.end || span.end > data_bytes || span.end - span.begin != count * bytes) {
    fail(ErrorKind::kData, "{} values at bytes [{}, {}) of {}", count, span.begin, span.end, data_bytes);
  }
  tensor.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* at = data + span.begin + i * bytes;
    float single = 0;
    if (bytes == 4) {
      std::memcpy(&single, at, sizeof single);
      tensor.values[i] = single;
    } else {
      std::memcpy(&tensor.values[i], at, sizeof(double));
    }
  }
  return tensor;
}

void check_cover(std::vector<Span> spans, std::size_t data_bytes) {
  std::ranges::sort(spans, {}, &Span::begin);
  std::size_t end = 0;
  for (const Span& span : spans) {
    if (span.begin != end) {
      fail(ErrorKind::kData, "a gap or an overlap of tensors at byte {}", end);
    }
    end = span.end;
  }
  if (end != data_bytes) {
    fail(ErrorKind::kData, "{} bytes behind the last tensor", data_bytes - end);
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    fail(ErrorKind::kData, "cannot be opened");
  }
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.size() < 8 || bytes.size() > kLargestFile) {
    fail(ErrorKind::kData, "{} bytes", bytes.size());
  }
  return bytes;
}

}  // namespace

Fixture::Fixture(const std::string& path) : path_(path) {
  try {
    const std::string bytes = read_file(path);
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
    if (header_bytes > bytes.size() - 8) {
      fail(ErrorKind::kData, "a header of {} bytes in a file of {}", header_bytes, bytes.size());
    }
    const auto header = nlohmann::json::parse(bytes.data() + 8, bytes.data() + 8 + header_bytes);
    const std::size_t data_bytes = bytes.size() - 8 - header_bytes;
    std::vector<Span> spans;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        texts_ = entry.get<std::map<std::string, std::string>>();
      } else {
        spans.emplace_back();
        tensors_[name] = convert(entry, bytes.data() + 8 + header_bytes, data_bytes, spans.back());
      }
    }
    check_cover(std::move(spans), data_bytes);
  } catch (const std::exception& error) {
    fail(ErrorKind::kData, "fixture {}: {}", path, error.what());
  }
}

Fixture Fixture::load(const std::string& name) {
  return Fixture((source_root() / "tests/fixtures" / (name + ".safetensors")).string());
}

const Fixture::Tensor& Fixture::tensor(const std::string& name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) {
    fail(ErrorKind::kData, "fixture {}: no tensor '{}'", path_, name);
  }
  return it->second;
}

double Fixture::scalar(const std::string& name) const {
  const Tensor& t = tensor(name);
  if (t.values.size() != 1) {
    fail(ErrorKind::kData, "fixture {}: tensor '{}' has {} values, expected one", path_, name,
         t.values.size());
  }
  return t.values[0];
}

const std::string& Fixture::text(const std::string& key) const {
  const auto it = texts_.find(key);
  if (it == texts_.end()) {
    fail(ErrorKind::kData, "fixture {}: no metadata '{}'", path_, key);
  }
  return it->second;
}

std::int64_t Fixture::integer(const std::string& key) const { return std::stoll(text(key)); }

std::vector<std::string> Fixture::names_below(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) {
    if (name.starts_with(prefix)) {
      names.push_back(name.substr(prefix.size()));
    }
  }
  return names;
}

}  // namespace selfsame::test
