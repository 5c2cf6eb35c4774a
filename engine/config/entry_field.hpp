// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "engine/config/field_table.hpp"

namespace selfsame {

/// A field whose value is an entry of a map of the struct. An entry without a default may be absent.
template <typename Struct, typename Value>
Field entry_field(std::string_view name, std::string_view help, FieldType type, bool optional,
                  std::map<std::string, Value> Struct::*map) {
  const std::string key(name);
  Field field;
  field.name = key;
  field.help = std::string(help);
  field.type = type;
  field.nullable = optional;
  field.open = [key, map](void* object) -> void* { return &(static_cast<Struct*>(object)->*map)[key]; };
  field.peek = [key, map](const void* object) -> const void* {
    const std::map<std::string, Value>& entries = static_cast<const Struct*>(object)->*map;
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  };
  field.clear = [key, map](void* object) { (static_cast<Struct*>(object)->*map).erase(key); };
  return field;
}

}  // namespace selfsame
