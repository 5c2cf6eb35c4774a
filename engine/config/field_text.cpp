// SPDX-License-Identifier: Apache-2.0
#include "engine/config/field_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace selfsame {
namespace {

std::string bounds_text(const Field& field) {
  const Bounds& b = field.bounds;
  const bool low = std::isfinite(b.low);
  const bool high = std::isfinite(b.high);
  if (low && high && !b.low_open && !b.high_open) {
    return fmt::format(" from {} to {}", b.low, b.high);
  }
  std::string out;
  if (low) {
    out += fmt::format(" {} {}", b.low_open ? ">" : ">=", b.low);
  }
  if (high) {
    out += fmt::format("{} {} {}", low ? " and" : "", b.high_open ? "<" : "<=", b.high);
  }
  return out;
}

JsonValue scalar_to_json(const Field& field, const void* value) {
  switch (field.type) {
    case FieldType::kBoolean:
      return JsonValue::of(*static_cast<const bool*>(value));
    case FieldType::kInteger:
      return JsonValue::of(*static_cast<const std::int64_t*>(value));
    case FieldType::kNumber:
      return JsonValue::of(*static_cast<const double*>(value));
    case FieldType::kText:
      return JsonValue::of(*static_cast<const std::string*>(value));
    case FieldType::kPath:
      return JsonValue::of(static_cast<const std::filesystem::path*>(value)->string());
    case FieldType::kDuration:
      return JsonValue::of(duration_text(*static_cast<const Duration*>(value)));
    case FieldType::kChoice:
      return JsonValue::of(std::string(field.choices[static_cast<std::size_t>(field.choice(value))]));
    case FieldType::kIntegers: {
      JsonValue list = JsonValue::array();
      for (const std::int64_t item : *static_cast<const std::vector<std::int64_t>*>(value)) {
        list.items.push_back(JsonValue::of(item));
      }
      return list;
    }
    case FieldType::kNumbers: {
      const auto& numbers = *static_cast<const std::vector<double>*>(value);
      if (numbers.size() == 1) {
        return JsonValue::of(numbers[0]);
      }
      JsonValue list = JsonValue::array();
      for (const double item : numbers) {
        list.items.push_back(JsonValue::of(item));
      }
      return list;
    }
    case FieldType::kJson:
      return *static_cast<const JsonValue*>(value);
    case FieldType::kObject:
      return to_json(*field.object, value);
    case FieldType::kTagged:
      return to_json(*field.tagged, value);
  }
  return JsonValue::null();
}

}  // namespace

std::string choices_text(const std::vector<std::string>& names, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? "" : i + 1 == names.size() ? fmt::format(" {} ", last) : ", ";
    out += json_quoted(names[i]);
  }
  return out;
}

std::string expected_text(const Field& field) {
  const std::string null = field.nullable ? " or null" : "";
  switch (field.type) {
    case FieldType::kBoolean:
      return "true or false" + null;
    case FieldType::kInteger: {
      std::string list;
      for (std::size_t i = 0; i < field.allowed.size(); ++i) {
        list += (i == 0                          ? ""
                 : i + 1 == field.allowed.size() ? " or "
                                                 : ", ") +
                std::to_string(field.allowed[i]);
      }
      return (list.empty() ? "an integer" + bounds_text(field) : list) + null;
    }
    case FieldType::kNumber:
      return "a number" + bounds_text(field) + null;
    case FieldType::kText:
      return "a string of 1 to 100 letters, digits, '.', '_' or '-'" + null;
    case FieldType::kPath:
      return "a path" + null;
    case FieldType::kDuration:
      return R"(a duration such as "90s", "20m" or "11h50m")" + null;
    case FieldType::kChoice:
      return choices_text({field.choices.begin(), field.choices.end()}) + null;
    case FieldType::kIntegers:
      return "an array of increasing integers" + bounds_text(field) + null;
    case FieldType::kNumbers:
      return "a number or an array of numbers" + bounds_text(field) + null;
    case FieldType::kJson:
    case FieldType::kObject:
    case FieldType::kTagged:
      return "an object" + null;
  }
  return "?";
}

std::string duration_text(Duration duration) {
  constexpr std::array<std::pair<char, std::int64_t>, 4> kUnits{
      {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
  std::string out;
  for (const auto& [letter, seconds] : kUnits) {
    if (duration.seconds >= seconds) {
      out += fmt::format("{}{}", duration.seconds / seconds, letter);
      duration.seconds %= seconds;
    }
  }
  return out;
}

std::optional<Duration> read_duration(std::string_view text) {
  constexpr std::string_view kLetters = "dhms";
  constexpr std::array<std::int64_t, 4> kSeconds{86400, 3600, 60, 1};
  constexpr std::size_t kDigits = 9;  // keeps the sum far from the end of the range
  Duration total;
  std::size_t unit = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t count = 0;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at - first < kDigits; ++at) {
      count = 10 * count + (text[at] - '0');
    }
    const std::size_t found = at < text.size() ? kLetters.find(text[at], unit) : std::string_view::npos;
    if (at == first || found == std::string_view::npos) {
      return std::nullopt;
    }
    total.seconds += count * kSeconds[found];
    unit = found + 1;
    ++at;
  }
  return total;
}

bool is_name(std::string_view text) {
  for (const char c : text) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && c != '.' && c != '-') {
      return false;
    }
  }
  return !text.empty() && text.size() <= 100 && text.front() != '.' && text.front() != '-';
}

JsonValue to_json(const ObjectTable& table, const void* object) {
  JsonValue json = JsonValue::object();
  for (const Field& field : table.fields) {
    const void* value = field.peek(object);
    json.add(field.name, value == nullptr ? JsonValue::null() : scalar_to_json(field, value));
  }
  return json;
}

JsonValue to_json(const TaggedTable& table, const void* value) {
  const Alternative& alternative = table.selected(value);
  JsonValue json = JsonValue::object();
  json.add("type", JsonValue::of(alternative.name));
  JsonValue rest = to_json(alternative.table, alternative.peek(value));
  for (JsonMember& member : rest.members) {
    json.members.push_back(std::move(member));
  }
  return json;
}

// ---- schema
// ------------------------------------------------------------------------------------------------------
namespace {

void add_bounds(JsonValue& schema, const Bounds& bounds) {
  if (std::isfinite(bounds.low)) {
    schema.add(bounds.low_open ? "exclusiveMinimum" : "minimum", JsonValue::of(bounds.low));
  }
  if (std::isfinite(bounds.high)) {
    schema.add(bounds.high_open ? "exclusiveMaximum" : "maximum", JsonValue::of(bounds.high));
  }
}

JsonValue string_schema(const char* pattern) {
  JsonValue schema = JsonValue::object();
  schema.add("type", JsonValue::of("string"));
  if (pattern != nullptr) {
    schema.add("pattern", JsonValue::of(pattern));
  }
  return schema;
}

JsonValue number_schema(const Field& field, const char* type) {
  JsonValue schema = JsonValue::object();
  schema.add("type", JsonValue::of(type));
  add_bounds(schema, field.bounds);
  if (!field.allowed.empty()) {
    JsonValue& list = schema.add("enum", JsonValue::array());
    for (const std::int64_t value : field.allowed) {
      list.items.push_back(JsonValue::of(value));
    }
  }
  return schema;
}

JsonValue value_schema(const Field& field, const void* value) {
  switch (field.type) {
    case FieldType::kBoolean: {
      JsonValue schema = JsonValue::object();
      schema.add("type", JsonValue::of("boolean"));
      return schema;
    }
    case FieldType::kInteger:
      return number_schema(field, "integer");
    case FieldType::kNumber:
      return number_schema(field, "number");
    case FieldType::kText:
      return string_schema(kNamePattern);
    case FieldType::kPath:
      return string_schema("^[^\\u0000]+$");
    case FieldType::kDuration:
      return string_schema(kDurationPattern);
    case FieldType::kChoice: {
      JsonValue schema = JsonValue::object();
      JsonValue& list = schema.add("enum", JsonValue::array());
      for (const std::string_view choice : field.choices) {
        list.items.push_back(JsonValue::of(std::string(choice)));
      }
      return schema;
    }
    case FieldType::kIntegers: {
      JsonValue schema = JsonValue::object();
      schema.add("type", JsonValue::of("array"));
      schema.add("items", number_schema(field, "integer"));
      schema.add("uniqueItems", JsonValue::of(true));
      return schema;
    }
    case FieldType::kNumbers: {
      JsonValue list = JsonValue::object();
      list.add("type", JsonValue::of("array"));
      list.add("items", number_schema(field, "number"));
      list.add("minItems", JsonValue::of(std::int64_t{1}));
      JsonValue schema = JsonValue::object();
      JsonValue& either = schema.add("anyOf", JsonValue::array());
      either.items.push_back(number_schema(field, "number"));
      either.items.push_back(std::move(list));
      return schema;
    }
    case FieldType::kJson: {
      JsonValue schema = JsonValue::object();
      schema.add("type", JsonValue::of("object"));
      return schema;
    }
    case FieldType::kObject:
      return to_schema(*field.object, value);
    case FieldType::kTagged:
      return to_schema(*field.tagged);
  }
  return JsonValue::object();
}

// The fields of a table as "properties" and "required"; `type` is the value of a tagged object's key, or
// empty.
JsonValue object_schema(const ObjectTable& table, const void* defaults, const std::string& type) {
  JsonValue schema = JsonValue::object();
  schema.add("type", JsonValue::of("object"));
  schema.add("description", JsonValue::of(table.help));
  schema.add("additionalProperties", JsonValue::of(false));
  JsonValue required = JsonValue::array();
  JsonValue& properties = schema.add("properties", JsonValue::object());
  if (!type.empty()) {
    properties.add("type", JsonValue::object()).add("const", JsonValue::of(type));
    required.items.push_back(JsonValue::of("type"));
  }
  for (const Field& field : table.fields) {
    const void* value = field.shown(defaults);
    JsonValue property = value_schema(field, value);
    if (field.nullable) {
      JsonValue either = JsonValue::object();
      JsonValue& list = either.add("anyOf", JsonValue::array());
      list.items.push_back(std::move(property));
      list.items.push_back(JsonValue::object());
      list.items.back().add("type", JsonValue::of("null"));
      property = std::move(either);
    }
    if (property.find("description") == nullptr) {
      property.add("description", JsonValue::of(field.help));
    }
    if (field.required) {
      required.items.push_back(JsonValue::of(field.name));
    } else {
      property.add("default", value == nullptr ? JsonValue::null() : scalar_to_json(field, value));
    }
    properties.add(field.name, std::move(property));
  }
  if (!required.items.empty()) {
    schema.add("required", std::move(required));
  }
  return schema;
}

}  // namespace

JsonValue to_schema(const ObjectTable& table, const void* defaults) {
  return object_schema(table, defaults, {});
}

JsonValue to_schema(const TaggedTable& table) {
  JsonValue schema = JsonValue::object();
  schema.add("description", JsonValue::of(table.help));
  JsonValue& list = schema.add("oneOf", JsonValue::array());
  for (const Alternative& alternative : table.alternatives) {
    const std::shared_ptr<void> value = alternative.make();
    list.items.push_back(object_schema(alternative.table, alternative.peek(value.get()), alternative.name));
  }
  return schema;
}

// ---- help
// --------------------------------------------------------------------------------------------------------
std::string help_text(const ObjectTable& table, const void* defaults, int depth) {
  std::string out;
  const std::string margin(static_cast<std::size_t>(2 * depth), ' ');
  for (const Field& field : table.fields) {
    const void* value = field.shown(defaults);
    out += fmt::format("{}{}: {}", margin, field.name, expected_text(field));
    if (field.required) {
      out += "; required";
    } else if (value == nullptr) {
      out += "; default null";
    } else if (field.type == FieldType::kTagged) {
      out += fmt::format("; default type {}", json_quoted(field.tagged->selected(value).name));
    } else if (field.type != FieldType::kObject) {
      out += "; default " + json_text(scalar_to_json(field, value));
    }
    out += fmt::format("\n{}    {}\n", margin, field.help);
    if (field.object != nullptr && value != nullptr) {
      out += help_text(*field.object, value, depth + 1);
    } else if (field.tagged != nullptr) {
      out += help_text(*field.tagged, depth + 1);
    }
  }
  return out;
}

std::string help_text(const TaggedTable& table, int depth) {
  std::string out;
  const std::string margin(static_cast<std::size_t>(2 * depth), ' ');
  for (const Alternative& alternative : table.alternatives) {
    const std::shared_ptr<void> value = alternative.make();
    out += fmt::format("{}\"type\": {}\n{}    {}\n", margin, json_quoted(alternative.name), margin,
                       alternative.table.help);
    out += help_text(alternative.table, alternative.peek(value.get()), depth + 1);
  }
  return out;
}

}  // namespace selfsame
