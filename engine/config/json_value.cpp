// SPDX-License-Identifier: Apache-2.0
#include "engine/config/json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace selfsame {
namespace {

void write(std::string& out, const JsonValue& value, int depth);

bool is_container(const JsonValue& value) {
  return value.kind == JsonKind::kArray || value.kind == JsonKind::kObject;
}

void new_line(std::string& out, int depth) {
  out.append("\n").append(static_cast<std::size_t>(2 * depth), ' ');
}

void write_array(std::string& out, const JsonValue& value, int depth) {
  const bool one_line = std::none_of(value.items.begin(), value.items.end(), is_container);
  out += '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out += i == 0 ? "" : one_line ? ", " : ",";
    if (!one_line) {
      new_line(out, depth + 1);
    }
    write(out, value.items[i], depth + 1);
  }
  if (!one_line) {
    new_line(out, depth);
  }
  out += ']';
}

void write_object(std::string& out, const JsonValue& value, int depth) {
  out += '{';
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    out += i == 0 ? "" : ",";
    new_line(out, depth + 1);
    out += json_quoted(value.members[i].name) + ": ";
    write(out, value.members[i].value, depth + 1);
  }
  if (!value.members.empty()) {
    new_line(out, depth);
  }
  out += '}';
}

void write(std::string& out, const JsonValue& value, int depth) {
  switch (value.kind) {
    case JsonKind::kNull:
    case JsonKind::kInvalid:
      out += "null";
      return;
    case JsonKind::kBoolean:
      out += value.boolean ? "true" : "false";
      return;
    case JsonKind::kNumber:
      out += fmt::format("{}", value.number);
      return;
    case JsonKind::kString:
      out += json_quoted(value.string);
      return;
    case JsonKind::kArray:
      write_array(out, value, depth);
      return;
    case JsonKind::kObject:
      write_object(out, value, depth);
      return;
  }
}

}  // namespace

const JsonMember* JsonValue::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

JsonMember* JsonValue::find(std::string_view name) {
  return const_cast<JsonMember*>(std::as_const(*this).find(name));
}

JsonValue JsonValue::of_kind(JsonKind kind) {
  JsonValue value;
  value.kind = kind;
  return value;
}

JsonValue JsonValue::of(bool value) {
  JsonValue json = of_kind(JsonKind::kBoolean);
  json.boolean = value;
  return json;
}

JsonValue JsonValue::of(double value) {
  JsonValue json = of_kind(JsonKind::kNumber);
  json.number = value;
  return json;
}

JsonValue JsonValue::of(std::int64_t value) { return of(static_cast<double>(value)); }

JsonValue JsonValue::of(std::string value) {
  JsonValue json = of_kind(JsonKind::kString);
  json.string = std::move(value);
  return json;
}

JsonValue& JsonValue::add(std::string name, JsonValue value) {
  members.push_back({std::move(name), {}, std::move(value)});
  return members.back().value;
}

std::string_view name_of(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBoolean:
      return "true or false";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
    case JsonKind::kInvalid:
      return "an invalid value";
  }
  return "?";
}

std::string json_text(const JsonValue& value) {
  std::string out;
  write(out, value, 0);
  return out;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return out;
}

}  // namespace selfsame
