// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/diagnostics.hpp"
#include "engine/config/field_table.hpp"
#include "engine/config/json_value.hpp"

namespace selfsame {

/// Fills structs from JSON by their field tables, reports every mistake, and serves the checks between fields
/// that follow. One reader per document.
///
/// Keys are never ignored, with one exception: a key that belongs to another "type" of the same object, and
/// was written in an earlier layer than that "type", was overridden together with it.
class ConfigReader {
 public:
  ConfigReader(Diagnostics& diagnostics, const JsonValue& document)
      : diagnostics_(diagnostics), document_(document) {}

  /// Reads the document into a default-constructed struct. The struct is meaningful only if no mistake was
  /// found.
  void read(const ObjectTable& table, void* object);
  void read(const TaggedTable& table, void* value);

  /// Whether every value named was read without a mistake at, above or below it, so that a check between them
  /// would not only repeat what was already said.
  [[nodiscard]] bool sound(std::initializer_list<std::string_view> pointers) const;
  /// Whether the document has a value there.
  [[nodiscard]] bool given(std::string_view pointer) const;
  /// Reports a mistake at the value, or at the nearest object around it that was written.
  void error(std::string_view pointer, std::string message, std::string suggestion = {});

 private:
  void object(const ObjectTable& table, void* object, const JsonValue& json, const std::string& pointer);
  void tagged(const TaggedTable& table, void* value, const JsonValue& json, const std::string& pointer);
  void tagged_without_type(const TaggedTable& table, void* value, const JsonValue& json,
                           const std::string& pointer);
  const Alternative* read_type(const TaggedTable& table, const JsonValue& json, const std::string& pointer);
  void missing_keys(const ObjectTable& table, const JsonValue& json, const std::string& pointer);
  void field(const Field& field, void* object, const JsonValue& json, const std::string& pointer);
  bool scalar(const Field& field, void* value, const JsonValue& json, const std::string& pointer);
  void list(const Field& field, void* value, const JsonValue& json, const std::string& pointer);
  bool path(void* value, const JsonValue& json);
  void unknown_key(const JsonMember& member, const std::vector<std::string>& known,
                   const std::string& pointer, const std::string& belongs);
  void mismatch(const std::string& expected, const JsonValue& json, const std::string& pointer,
                const std::string& suggestion = {});
  [[nodiscard]] int layer(const SourceRange& where) const;

  Diagnostics& diagnostics_;
  const JsonValue& document_;
  const ObjectTable* root_ = nullptr;  // of the document, if it is not tagged
  std::vector<std::string> unsound_;   // pointers of values that were not read as they were meant
};

}  // namespace selfsame
