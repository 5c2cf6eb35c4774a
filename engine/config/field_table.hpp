// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/config/json_value.hpp"

namespace selfsame {

/// A time in the configuration, written "90s", "20m", "11h50m" or "1d"; zero is written "".
struct Duration {
  std::int64_t seconds = 0;
  bool operator==(const Duration&) const = default;
};

/// What a field holds, and so how it is written in JSON.
enum class FieldType {
  kBoolean,   ///< bool
  kInteger,   ///< std::int64_t; a JSON number without a fraction
  kNumber,    ///< double
  kText,      ///< std::string that can be part of a file name
  kPath,      ///< std::filesystem::path; absolute after reading
  kDuration,  ///< Duration
  kChoice,    ///< scoped enum with choice_names()
  kIntegers,  ///< std::vector<std::int64_t>, strictly increasing
  kNumbers,   ///< std::vector<double>, one or several; a single one may stand without brackets
  kJson,      ///< JsonValue: an object that is read by other means
  kObject,    ///< struct with an ObjectTable
  kTagged,    ///< struct or std::variant with a TaggedTable
};

/// The interval that a number lies in.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;   ///< low itself is refused
  bool high_open = false;  ///< high itself is refused
  [[nodiscard]] bool contain(double value) const {
    return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
  }
};

struct ObjectTable;
struct TaggedTable;

/// One key of an object: name, type, bounds, help, and where the value lives in the C++ struct. The default
/// is the value that a default-constructed struct holds.
struct Field {
  std::string name;
  std::string help;
  FieldType type = FieldType::kBoolean;
  bool required = false;
  bool nullable = false;  ///< std::optional: null, or no key, means absent
  Bounds bounds;
  std::vector<std::int64_t> allowed;          ///< if not empty, the only integers
  std::span<const std::string_view> choices;  ///< of kChoice
  const ObjectTable* object = nullptr;        ///< of kObject
  const TaggedTable* tagged = nullptr;        ///< of kTagged

  std::function<void*(void*)> open;              ///< struct -> value to write; creates an absent one
  std::function<const void*(const void*)> peek;  ///< struct -> value, null if absent
  std::function<void(void*)> clear;              ///< makes a nullable value absent
  std::shared_ptr<const void> fresh;  ///< of a nullable kObject: a default one, for help and schema

  /// What help and schema show as the value: an absent object with its defaults.
  [[nodiscard]] const void* shown(const void* object_) const {
    const void* value = peek(object_);
    return value != nullptr ? value : fresh.get();
  }

  Field at_least(double low) && { return bounds.low = low, std::move(*this); }
  Field at_most(double high) && { return bounds.high = high, std::move(*this); }
  Field above(double low) && { return bounds.low = low, bounds.low_open = true, std::move(*this); }
  Field below(double high) && { return bounds.high = high, bounds.high_open = true, std::move(*this); }
  Field only(std::vector<std::int64_t> values) && { return allowed = std::move(values), std::move(*this); }
  Field must_be_given() && { return required = true, std::move(*this); }

  [[nodiscard]] int choice(const void* value) const;  ///< kChoice: the enum's number
  void set_choice(void* value, int number) const;     ///< kChoice
};

/// The keys of one struct. This table is the reader, the writer, the help text and the schema.
struct ObjectTable {
  std::string help;
  std::vector<Field> fields;
  [[nodiscard]] const Field* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

/// One value of "type" and the keys that go with it.
struct Alternative {
  std::string name;
  ObjectTable table;
  std::function<void*(void*)> open;  ///< the tagged value -> the struct of this alternative, selected
  std::function<const void*(const void*)> peek;  ///< null if another alternative is selected
  std::function<std::shared_ptr<void>()> make;   ///< a default tagged value with this alternative selected
};

/// An object whose required key "type" decides which other keys it has.
struct TaggedTable {
  std::string help;
  std::vector<Alternative> alternatives;
  [[nodiscard]] const Alternative* find(std::string_view name) const;
  [[nodiscard]] const Alternative& selected(const void* value) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

// ---- declaring fields
// --------------------------------------------------------------------------------------------
namespace detail {

template <typename T>
struct Optional : std::false_type {
  using Value = T;
};
template <typename T>
struct Optional<std::optional<T>> : std::true_type {
  using Value = T;
};

/// Sets the type of a field, and its table or choices, from the C++ type of the member. Tables are found by
/// argument-dependent lookup: `table_of(const T*)` beside the struct.
template <typename T>
void set_type(Field& field) {
  if constexpr (std::is_same_v<T, bool>) {
    field.type = FieldType::kBoolean;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    field.type = FieldType::kInteger;
  } else if constexpr (std::is_same_v<T, double>) {
    field.type = FieldType::kNumber;
  } else if constexpr (std::is_same_v<T, std::string>) {
    field.type = FieldType::kText;
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    field.type = FieldType::kPath;
  } else if constexpr (std::is_same_v<T, Duration>) {
    field.type = FieldType::kDuration;
  } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
    field.type = FieldType::kIntegers;
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    field.type = FieldType::kNumbers;
  } else if constexpr (std::is_same_v<T, JsonValue>) {
    field.type = FieldType::kJson;
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(std::is_same_v<std::underlying_type_t<T>, int>);
    field.type = FieldType::kChoice;
    field.choices = choice_names(T{});
  } else if constexpr (std::is_same_v<decltype(table_of(static_cast<const T*>(nullptr))),
                                      const ObjectTable&>) {
    field.type = FieldType::kObject;
    field.object = &table_of(static_cast<const T*>(nullptr));
  } else {
    field.type = FieldType::kTagged;
    field.tagged = &table_of(static_cast<const T*>(nullptr));
  }
}

}  // namespace detail

/// A field that lives in `member`: field("lr", &OptimizerConfig::lr, "learning rate").above(0).
template <typename Struct, typename Member>
[[nodiscard]] Field field(const char* name, Member Struct::*member, const char* help) {
  using Value = typename detail::Optional<Member>::Value;
  Field field;
  field.name = name;
  field.help = help;
  field.nullable = detail::Optional<Member>::value;
  detail::set_type<Value>(field);
  field.open = [member](void* object) -> void* {
    Member& value = static_cast<Struct*>(object)->*member;
    if constexpr (detail::Optional<Member>::value) {
      return &value.emplace();
    } else {
      return &value;
    }
  };
  field.peek = [member](const void* object) -> const void* {
    const Member& value = static_cast<const Struct*>(object)->*member;
    if constexpr (detail::Optional<Member>::value) {
      return value ? &*value : nullptr;
    } else {
      return &value;
    }
  };
  if constexpr (detail::Optional<Member>::value) {
    if (field.type == FieldType::kObject) {
      field.fresh = std::make_shared<const Value>();
    }
  }
  field.clear = [member](void* object) {
    if constexpr (detail::Optional<Member>::value) {
      (static_cast<Struct*>(object)->*member).reset();
    }
  };
  return field;
}

/// An alternative of a std::variant: its keys are the fields of `Struct`.
template <typename Variant, typename Struct>
[[nodiscard]] Alternative alternative(const char* name, const char* help, std::vector<Field> fields) {
  Alternative result;
  result.name = name;
  result.table = {help, std::move(fields)};
  result.open = [](void* value) -> void* {
    auto& variant = *static_cast<Variant*>(value);
    return std::holds_alternative<Struct>(variant) ? &std::get<Struct>(variant)
                                                   : &variant.template emplace<Struct>();
  };
  result.peek = [](const void* value) -> const void* {
    return std::get_if<Struct>(static_cast<const Variant*>(value));
  };
  result.make = [] { return std::make_shared<Variant>(Struct{}); };
  return result;
}

/// An alternative of a struct with a member `type`: its keys are those fields of the struct that this type
/// uses.
template <typename Struct, typename Enum>
[[nodiscard]] Alternative alternative(Enum type, const char* help, std::vector<Field> fields) {
  Alternative result;
  result.name = choice_names(type)[static_cast<std::size_t>(type)];
  result.table = {help, std::move(fields)};
  result.open = [type](void* value) -> void* {
    static_cast<Struct*>(value)->type = type;
    return value;
  };
  result.peek = [type](const void* value) -> const void* {
    return static_cast<const Struct*>(value)->type == type ? value : nullptr;
  };
  result.make = [type] {
    auto value = std::make_shared<Struct>();
    value->type = type;
    return value;
  };
  return result;
}

/// An alternative of a std::variant whose struct serves several values of "type": it keeps the name in
/// `Struct::type`.
template <typename Variant, typename Struct>
[[nodiscard]] Alternative named_alternative(std::string name, std::string help, std::vector<Field> fields) {
  Alternative result;
  result.name = name;
  result.table = {std::move(help), std::move(fields)};
  result.open = [name](void* value) -> void* {
    Struct* named = nullptr;
    if constexpr (std::is_same_v<Variant, Struct>) {
      named = static_cast<Struct*>(value);
    } else {
      auto& variant = *static_cast<Variant*>(value);
      named = std::holds_alternative<Struct>(variant) ? &std::get<Struct>(variant)
                                                      : &variant.template emplace<Struct>();
    }
    if (named->type != name) {
      *named = Struct::make(name);
    }
    return named;
  };
  result.peek = [name](const void* value) -> const void* {
    const Struct* named = nullptr;
    if constexpr (std::is_same_v<Variant, Struct>) {
      named = static_cast<const Struct*>(value);
    } else {
      named = std::get_if<Struct>(static_cast<const Variant*>(value));
    }
    return named != nullptr && named->type == name ? named : nullptr;
  };
  result.make = [name] { return std::make_shared<Variant>(Struct::make(name)); };
  return result;
}

}  // namespace selfsame
