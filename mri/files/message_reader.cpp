// SPDX-License-Identifier: Apache-2.0
#include "mri/files/message_reader.hpp"

#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {

void MessageReader::raw(void* to, std::size_t count) {
  if (count > left()) {
    fail(ErrorKind::kData, "a message that ends after {} bytes", bytes_.size());
  }
  std::memcpy(to, bytes_.data() + at_, count);
  at_ += count;
}

std::uint8_t MessageReader::u8() {
  std::uint8_t value = 0;
  raw(&value, sizeof value);
  return value;
}

std::uint64_t MessageReader::u64() {
  std::uint64_t value = 0;
  raw(&value, sizeof value);
  return value;
}

std::int64_t MessageReader::i64() { return static_cast<std::int64_t>(u64()); }

std::int64_t MessageReader::i64_in(std::int64_t low, std::int64_t high) {
  const std::int64_t value = i64();
  if (value < low || value > high) {
    fail(ErrorKind::kData, "the number {} in a message, not in [{}, {}]", value, low, high);
  }
  return value;
}

double MessageReader::f64() {
  double value = 0;
  raw(&value, sizeof value);
  return value;
}

std::string MessageReader::text(std::uint64_t longest) {
  const std::uint64_t size = u64();
  if (size > longest || size > left()) {
    fail(ErrorKind::kData, "a text of {} bytes in a message, at most {}", size,
         size > longest ? longest : left());
  }
  std::string value(bytes_.substr(at_, static_cast<std::size_t>(size)));
  at_ += static_cast<std::size_t>(size);
  return value;
}

void MessageReader::expect_end() const {
  if (left() != 0) {
    fail(ErrorKind::kData, "{} bytes after the end of a message", left());
  }
}

}  // namespace selfsame
