// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace selfsame {

/// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD, so that the
/// result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest decimal that reads back as the same double; NaN and infinities, which JSON lacks, as
/// null.
void append_json_number(std::string& out, double value);

/// True if the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

/// One flat or nested JSON object, written in the order of the calls:
///   JsonObject().add("step", 12).add("loss", 0.5).text()  ->  {"step":12,"loss":0.5}
/// The caller does not add a key twice.
class JsonObject {
 public:
  JsonObject& add(std::string_view key, double value);
  JsonObject& add(std::string_view key, std::string_view value);
  JsonObject& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  JsonObject& add(std::string_view key, const JsonObject& value);
  JsonObject& add(std::string_view key, std::same_as<bool> auto value) {
    return add_raw(key, value ? "true" : "false");
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonObject& add(std::string_view key, T value) {
    return add_raw(key, std::to_string(value));
  }
  [[nodiscard]] std::string text() const { return body_ + '}'; }

 private:
  JsonObject& add_raw(std::string_view key, std::string_view value);
  void append_key(std::string_view key);
  std::string body_ = "{";
};

}  // namespace selfsame
