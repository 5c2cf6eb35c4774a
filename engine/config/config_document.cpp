// SPDX-License-Identifier: Apache-2.0
#include "engine/config/config_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/config/json_parse.hpp"
#include "engine/config/utf8.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kArgumentShown = 80;

class Joiner {
 public:
  explicit Joiner(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void file(const std::filesystem::path& path) {
    std::string problem;
    const int source = open(path, problem);
    if (!problem.empty()) {
      diagnostics_.error({source, 0, 0}, "", problem);
      broken_ = true;
      return;
    }
    JsonValue value = text(source);
    base(value, source, path);
    add(std::move(value), source);
  }

  // A text whose source is already known: parsed, checked to be an object, "$schema" taken out.
  JsonValue text(int source) {
    const std::size_t errors = diagnostics_.count();
    JsonValue value = parse_json(diagnostics_, source);
    if (value.kind != JsonKind::kObject) {
      broken_ = true;
      if (diagnostics_.count() == errors) {
        diagnostics_.error(value.where, "", "expected an object, got " + diagnostics_.written(value));
      }
    }
    take_string(value, "$schema");
    return value;
  }

  void add(JsonValue value, int source) {
    diagnostics_.source(source).layer = ++layer_;
    empty_ ? result_ = std::move(value) : (merge(result_, std::move(value)), result_);
    empty_ = false;
  }

  void override_with(const std::string& argument);

  JsonValue result() {
    if (broken_ || empty_) {
      result_ = JsonValue::object();
      result_.kind = broken_ ? JsonKind::kInvalid : JsonKind::kObject;
    }
    return std::move(result_);
  }

 private:
  // Reads a file, or says why not. Reading stops just past the limit, so that endless files are refused as
  // well.
  int open(const std::filesystem::path& path, std::string& problem) {
    Source source;
    source.name = path.string();
    std::error_code ignored;
    source.folder = std::filesystem::absolute(path, ignored).parent_path().string();
    std::ifstream stream(path, std::ios::binary);
    if (!stream || std::filesystem::is_directory(path, ignored)) {
      problem =
          stream ? "expected a file, got a folder" : fmt::format("cannot open: {}", std::strerror(errno));
      return diagnostics_.add_source(std::move(source));
    }
    const std::size_t limit = JsonOptions{}.bytes;
    std::vector<char> chunk(std::size_t{1} << 16U);
    while (source.text.size() <= limit && stream) {
      stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      source.text.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
    }
    if (source.text.size() > limit) {
      problem = fmt::format("expected a file of at most {} bytes", limit);
      source.text.clear();
    } else if (stream.bad()) {
      problem = fmt::format("cannot read: {}", std::strerror(errno));
    }
    return diagnostics_.add_source(std::move(source));
  }

  void base(JsonValue& value, int source, const std::filesystem::path& path) {
    JsonValue name = take_string(value, "base");
    if (name.kind != JsonKind::kString) {
      return;
    }
    std::string problem;
    const int base_source = open(path.parent_path() / name.string, problem);
    if (!problem.empty()) {
      diagnostics_.error(name.where, "/base",
                         fmt::format("{}: {}", diagnostics_.source(base_source).name, problem));
      broken_ = true;
      return;
    }
    JsonValue base = text(base_source);
    if (const JsonMember* deeper = base.find("base"); deeper != nullptr) {
      diagnostics_.error(deeper->where, "/base",
                         fmt::format("expected no \"base\" in a file that is the base of {}",
                                     diagnostics_.source(source).name));
      take_string(base, "base");
    }
    add(std::move(base), base_source);
  }

  // Removes the key from the object; its value must be a string.
  JsonValue take_string(JsonValue& object, std::string_view name) {
    JsonMember* member = object.find(name);
    if (member == nullptr) {
      return {};
    }
    JsonValue value = std::move(member->value);
    object.members.erase(object.members.begin() + (member - object.members.data()));
    if (value.kind != JsonKind::kString && value.kind != JsonKind::kInvalid) {
      diagnostics_.error(value.where, fmt::format("/{}", name),
                         "expected a string, got " + diagnostics_.written(value));
    }
    return value;
  }

  JsonValue argument_value(int source, std::size_t begin, const std::string& pointer);
  JsonMember* descend(int source, std::size_t end);
  void append(JsonValue& array, JsonValue value, const std::string& pointer);

  Diagnostics& diagnostics_;
  JsonValue result_;
  int layer_ = 0;
  bool empty_ = true;
  bool broken_ = false;
};

// ---- overrides
// ---------------------------------------------------------------------------------------------------
void Joiner::override_with(const std::string& argument) {
  Source source;
  const std::string shown = argument.substr(0, argument.find('\n')).substr(0, kArgumentShown);
  source.name = "--set " + shown + (shown.size() < argument.size() ? "..." : "");
  source.text = argument;
  source.folder = std::filesystem::current_path().string();
  source.layer = ++layer_;
  const int index = diagnostics_.add_source(std::move(source));

  const std::size_t equals = argument.find('=');
  const bool appends = equals != std::string::npos && equals > 0 && argument[equals - 1] == '+';
  const std::size_t end = equals == std::string::npos ? argument.size() : appends ? equals - 1 : equals;
  const std::string key = '.' + argument.substr(0, end) + '.';
  if (equals == std::string::npos || key.find("..") != std::string::npos || utf8_prefix(key) != key.size()) {
    diagnostics_.error({index, 0, argument.size()}, "", "expected KEY.KEY=VALUE or KEY.KEY+=VALUE");
    return;
  }
  if (empty_) {
    result_ = JsonValue::object();
    result_.where = {index, 0, end};
    empty_ = false;
  }
  std::string pointer = '/' + argument.substr(0, end);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  JsonValue value = argument_value(index, equals + 1, pointer);
  if (JsonMember* member = descend(index, end); member != nullptr) {
    if (!appends) {
      member->value = std::move(value);
      return;
    }
    append(member->value, std::move(value), pointer);
  }
}

// The text after '=' as JSON; if it is not JSON, the string that it is, unless it looks like broken JSON.
JsonValue Joiner::argument_value(int source, std::size_t begin, const std::string& pointer) {
  const std::string& text = diagnostics_.source(source).text;
  const std::size_t errors = diagnostics_.count();
  JsonOptions options;
  options.comments = JsonComments::kRefused;
  options.begin = begin;
  options.pointer = pointer;
  JsonValue value = parse_json(diagnostics_, source, options);
  const bool structured =
      begin < text.size() && std::string_view("{[\"").find(text[begin]) != std::string_view::npos;
  if (diagnostics_.count() > errors && !structured) {
    diagnostics_.keep_first(errors);
    value = JsonValue::of(text.substr(begin));
    value.where = {source, begin, text.size()};
    if (utf8_prefix(value.string) != value.string.size()) {
      diagnostics_.error({source, begin + utf8_prefix(value.string), text.size()}, pointer, "invalid UTF-8");
      value.kind = JsonKind::kInvalid;
    }
  }
  return value;
}

// The member that bytes [0, end) of the argument name, created with the objects on the way; null after a
// mistake.
JsonMember* Joiner::descend(int source, std::size_t end) {
  const std::string& text = diagnostics_.source(source).text;
  JsonValue* object = &result_;
  std::string pointer;
  for (std::size_t begin = 0;;) {
    const std::size_t dot = std::min(text.find('.', begin), end);
    const std::string name = text.substr(begin, dot - begin);
    pointer += '/' + pointer_step(name);
    JsonMember* member = object->find(name);
    if (member == nullptr) {
      object->members.push_back({name, {source, begin, dot}, JsonValue::null()});
      member = &object->members.back();
      member->value.where = member->where;
    }
    if (dot == end) {
      member->where = {source, begin, dot};
      return member;
    }
    object = &member->value;
    if (object->kind == JsonKind::kNull) {
      *object = JsonValue::object();
      object->where = member->where;
    } else if (object->kind != JsonKind::kObject) {
      diagnostics_.error({source, begin, dot}, pointer,
                         "expected an object, got " + diagnostics_.written(*object));
      return nullptr;
    }
    begin = dot + 1;
  }
}

void Joiner::append(JsonValue& array, JsonValue value, const std::string& pointer) {
  if (array.kind == JsonKind::kNull) {
    const SourceRange where = array.where;
    array = JsonValue::array();
    array.where = where;
  }
  if (array.kind != JsonKind::kArray) {
    diagnostics_.error(value.where, pointer,
                       "expected an array to append to, got " + diagnostics_.written(array));
  } else if (value.kind == JsonKind::kArray) {
    std::move(value.items.begin(), value.items.end(), std::back_inserter(array.items));
  } else {
    array.items.push_back(std::move(value));
  }
}

}  // namespace

void merge(JsonValue& into, JsonValue from) {
  if (into.kind != JsonKind::kObject || from.kind != JsonKind::kObject) {
    into = std::move(from);
    return;
  }
  std::unordered_map<std::string, std::size_t>
      places;  // find() would be quadratic for absurdly large objects
  for (std::size_t i = 0; i < into.members.size(); ++i) {
    places.emplace(into.members[i].name, i);
  }
  for (JsonMember& member : from.members) {
    const auto known = places.find(member.name);
    if (known == places.end()) {
      into.members.push_back(std::move(member));
      continue;
    }
    into.members[known->second].where = member.where;
    merge(into.members[known->second].value, std::move(member.value));
  }
}

JsonValue join_config(Diagnostics& diagnostics, std::span<const std::filesystem::path> files,
                      std::span<const std::string> overrides) {
  Joiner joiner(diagnostics);
  for (const std::filesystem::path& path : files) {
    joiner.file(path);
  }
  for (const std::string& argument : overrides) {
    joiner.override_with(argument);
  }
  return joiner.result();
}

JsonValue join_config_text(Diagnostics& diagnostics, std::string name, std::string text,
                           const std::filesystem::path& folder, std::span<const std::string> overrides) {
  const int source = diagnostics.add_source({std::move(name), std::move(text), folder.string(), 0});
  Joiner joiner(diagnostics);
  JsonValue value = joiner.text(source);
  joiner.add(std::move(value), source);
  for (const std::string& argument : overrides) {
    joiner.override_with(argument);
  }
  return joiner.result();
}

}  // namespace selfsame
