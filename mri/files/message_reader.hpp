// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace selfsame {

/// Takes a message of MessageWriter apart, trusting nothing: every length is compared with what is left
/// before it is used. Errors: Error(kData) without a path, for the caller to put in front.
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::uint8_t u8();
  [[nodiscard]] std::uint64_t u64();
  [[nodiscard]] std::int64_t i64();
  /// As i64; a value outside [low, high] is an error.
  [[nodiscard]] std::int64_t i64_in(std::int64_t low, std::int64_t high);
  [[nodiscard]] double f64();
  [[nodiscard]] std::string text(std::uint64_t longest);
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  /// An error if something is left.
  void expect_end() const;

 private:
  void raw(void* to, std::size_t count);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace selfsame
