// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// Where a piece of JSON was written: bytes [begin, end) of the text number `source` in a SourceSet.
struct SourceRange {
  int source = -1;  ///< -1: not from a text (built by the program)
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class JsonKind {
  kNull,
  kBoolean,
  kNumber,
  kString,
  kArray,
  kObject,
  kInvalid,  ///< stands for a value that was already reported as an error
};

struct JsonMember;

/// A JSON value that remembers where it was written. Members keep the order of the text.
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;
  SourceRange where;

  /// The member's value, or null. Linear: objects of a configuration are small.
  [[nodiscard]] const JsonMember* find(std::string_view name) const;
  [[nodiscard]] JsonMember* find(std::string_view name);

  static JsonValue of(bool value);
  static JsonValue of(double value);
  static JsonValue of(std::int64_t value);
  static JsonValue of(std::string value);
  static JsonValue of(const char* value) { return of(std::string(value)); }
  static JsonValue array() { return of_kind(JsonKind::kArray); }
  static JsonValue object() { return of_kind(JsonKind::kObject); }
  static JsonValue null() { return {}; }

  /// Appends a member to an object and returns its value.
  JsonValue& add(std::string name, JsonValue value);

 private:
  static JsonValue of_kind(JsonKind kind);
};

struct JsonMember {
  std::string name;
  SourceRange where;  ///< of the name, quotes included
  JsonValue value;
};

/// "an object", "an array", "a string", "a number", "true or false", "null".
[[nodiscard]] std::string_view name_of(JsonKind kind);

/// The text of a value: two spaces per level, arrays of scalars on one line, numbers in the shortest form
/// that reads back to the same double. No newline at the end.
[[nodiscard]] std::string json_text(const JsonValue& value);

/// A string with quotes and escapes; bytes that are not ASCII stay as they are.
[[nodiscard]] std::string json_quoted(std::string_view text);

/// `name` as one step of a JSON pointer (RFC 6901): "~" is "~0" and "/" is "~1".
[[nodiscard]] std::string pointer_step(std::string_view name);

}  // namespace selfsame
