// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace selfsame {

static_assert(std::endian::native == std::endian::little, "messages are little-endian");

/// Numbers and texts one after the other, as MessageReader takes them apart: integers and doubles in
/// little-endian byte order, a text as its length (u64) and its bytes. Uses the standard library only,
/// because the helper programs that write messages link nothing else.
class MessageWriter {
 public:
  void u8(std::uint8_t value) { raw(&value, sizeof value); }
  void u64(std::uint64_t value) { raw(&value, sizeof value); }
  void i64(std::int64_t value) { raw(&value, sizeof value); }
  void f64(double value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    u64(value.size());
    bytes_.append(value);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void raw(const void* from, std::size_t count) { bytes_.append(static_cast<const char*>(from), count); }

  std::string bytes_;
};

}  // namespace selfsame
