// SPDX-License-Identifier: Apache-2.0
#include "engine/config/config_reader.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "engine/config/field_text.hpp"
#include "engine/config/suggest.hpp"
#include "engine/config/utf8.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kManyMistakes = 1000;  // no suggestions beyond: bounds the time spent on absurd files
constexpr double kExactInteger =
    9007199254740991.0;  // 2^53 - 1: every integer up to here is exact in a double

// Whether pointer `inner` is `outer` or lies below it.
bool is_within(std::string_view inner, std::string_view outer) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

bool is_integer(const JsonValue& json) {
  return json.kind == JsonKind::kNumber && std::trunc(json.number) == json.number &&
         std::abs(json.number) <= kExactInteger;
}

bool accepts(const Field& field, const JsonValue& json) {
  if (!is_integer(json) || !field.bounds.contain(json.number)) {
    return false;
  }
  return field.allowed.empty() || std::find(field.allowed.begin(), field.allowed.end(),
                                            static_cast<std::int64_t>(json.number)) != field.allowed.end();
}

// The opening brace of an object: where a missing key is reported.
SourceRange brace(const JsonValue& json) {
  return {json.where.source, json.where.begin, json.where.begin + 1};
}

// The value at `pointer`, or null; `nearest` becomes the innermost written value on the way. Our keys need no
// escapes.
const JsonValue* look_up(const JsonValue& document, std::string_view pointer, const JsonValue*& nearest) {
  nearest = &document;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const JsonMember* member = nearest->find(pointer.substr(0, end));
    if (member == nullptr) {
      return nullptr;
    }
    nearest = &member->value;
    pointer.remove_prefix(end);
  }
  return nearest;
}

// Adds the pointers of the objects that have a key of this name.
void find_homes(const ObjectTable& table, std::string_view name, const std::string& pointer,
                std::vector<std::string>& homes) {
  for (const Field& field : table.fields) {
    const std::string below = pointer + '/' + field.name;
    bool has = field.object != nullptr && field.object->find(name) != nullptr;
    if (field.object != nullptr) {
      find_homes(*field.object, name, below, homes);
    } else if (field.tagged != nullptr) {
      has = std::any_of(field.tagged->alternatives.begin(), field.tagged->alternatives.end(),
                        [&](const Alternative& a) { return a.table.find(name) != nullptr; });
    }
    if (has) {
      homes.push_back(below);
    }
  }
}

}  // namespace

// ---- entry
// -------------------------------------------------------------------------------------------------------
void ConfigReader::read(const ObjectTable& table, void* object) {
  root_ = &table;
  this->object(table, object, document_, "");
}
void ConfigReader::read(const TaggedTable& table, void* value) { tagged(table, value, document_, ""); }

bool ConfigReader::sound(std::initializer_list<std::string_view> pointers) const {
  return std::none_of(pointers.begin(), pointers.end(), [this](std::string_view pointer) {
    return std::any_of(unsound_.begin(), unsound_.end(), [pointer](const std::string& bad) {
      return is_within(pointer, bad) || is_within(bad, pointer);
    });
  });
}

bool ConfigReader::given(std::string_view pointer) const {
  const JsonValue* nearest = nullptr;
  const JsonValue* value = look_up(document_, pointer, nearest);
  return value != nullptr && value->kind != JsonKind::kNull;
}

void ConfigReader::error(std::string_view pointer, std::string message, std::string suggestion) {
  const JsonValue* nearest = nullptr;
  look_up(document_, pointer, nearest);
  unsound_.emplace_back(pointer);
  diagnostics_.error(nearest->where, std::string(pointer), std::move(message), std::move(suggestion));
}

// ---- objects
// -----------------------------------------------------------------------------------------------------
void ConfigReader::object(const ObjectTable& table, void* object, const JsonValue& json,
                          const std::string& pointer) {
  if (json.kind != JsonKind::kObject) {
    mismatch("an object", json, pointer);
    return;
  }
  for (const JsonMember& member : json.members) {
    const std::string below = pointer + '/' + pointer_step(member.name);
    if (const Field* known = table.find(member.name); known != nullptr) {
      field(*known, object, member.value, below);
    } else {
      unknown_key(member, table.names(), pointer, {});
    }
  }
  missing_keys(table, json, pointer);
}

void ConfigReader::missing_keys(const ObjectTable& table, const JsonValue& json, const std::string& pointer) {
  for (const Field& field : table.fields) {
    const std::string below = pointer + '/' + field.name;
    // An unsound key that was not written is one that an unknown key was probably meant to be.
    if (field.required && json.find(field.name) == nullptr && sound({below})) {
      unsound_.push_back(below);
      diagnostics_.error(brace(json), below, fmt::format("missing; expected {}", expected_text(field)));
    }
  }
}

void ConfigReader::tagged(const TaggedTable& table, void* value, const JsonValue& json,
                          const std::string& pointer) {
  if (json.kind != JsonKind::kObject) {
    mismatch("an object", json, pointer);
    return;
  }
  const Alternative* chosen = read_type(table, json, pointer);
  if (chosen == nullptr) {
    tagged_without_type(table, value, json, pointer);
    return;
  }
  const int type_layer = json.find("type") == nullptr ? 0 : layer(json.find("type")->value.where);
  void* object = chosen->open(value);
  for (const JsonMember& member : json.members) {
    const std::string below = pointer + '/' + pointer_step(member.name);
    if (member.name == "type") {
      continue;
    }
    if (const Field* known = chosen->table.find(member.name); known != nullptr) {
      field(*known, object, member.value, below);
      continue;
    }
    std::vector<std::string> owners;
    for (const Alternative& other : table.alternatives) {
      if (other.table.find(member.name) != nullptr) {
        owners.push_back(other.name);
      }
    }
    if (owners.empty() || layer(member.where) >= type_layer) {
      std::vector<std::string> known = chosen->table.names();
      known.emplace_back("type");
      const std::string belongs =
          owners.empty() ? "" : fmt::format("it is a key of type {}", choices_text(owners));
      unknown_key(member, known, pointer, belongs);
    }
  }
  missing_keys(chosen->table, json, pointer);
}

// The alternative that "type" names, or was probably meant to name; null if that cannot be told.
const Alternative* ConfigReader::read_type(const TaggedTable& table, const JsonValue& json,
                                           const std::string& pointer) {
  const std::string below = pointer + "/type";
  const std::string choices = choices_text(table.names());
  const JsonMember* member = json.find("type");
  if (member == nullptr) {
    // A key like "tpye" is reported as unknown, with the suggestion; only a key that is really absent is
    // missing.
    const bool typo = std::any_of(json.members.begin(), json.members.end(), [&](const JsonMember& m) {
      return std::none_of(table.alternatives.begin(), table.alternatives.end(),
                          [&](const Alternative& a) { return a.table.find(m.name) != nullptr; }) &&
             !nearest_names(m.name, {"type"}).empty();
    });
    unsound_.push_back(below);
    if (!typo) {
      diagnostics_.error(brace(json), below, "missing; expected " + choices);
    }
    return nullptr;
  }
  if (member->value.kind != JsonKind::kString) {
    mismatch(choices, member->value, below);
    return nullptr;
  }
  const std::string& name = member->value.string;
  if (const Alternative* found = table.find(name); found != nullptr) {
    return found;
  }
  mismatch(choices, member->value, below, did_you_mean(name, table.names()));
  const std::vector<std::string> nearest = nearest_names(name, table.names());
  return nearest.size() == 1 ? table.find(nearest.front()) : nullptr;
}

// Checks each key by the first alternative that has it, and whether any has it.
void ConfigReader::tagged_without_type(const TaggedTable& table, void* value, const JsonValue& json,
                                       const std::string& pointer) {
  std::vector<std::string> known{"type"};
  for (const Alternative& alternative : table.alternatives) {
    const std::vector<std::string> names = alternative.table.names();
    std::copy_if(names.begin(), names.end(), std::back_inserter(known), [&](const std::string& name) {
      return std::find(known.begin(), known.end(), name) == known.end();
    });
  }
  for (const JsonMember& member : json.members) {
    if (member.name == "type") {
      continue;
    }
    const auto owner =
        std::find_if(table.alternatives.begin(), table.alternatives.end(),
                     [&](const Alternative& a) { return a.table.find(member.name) != nullptr; });
    if (owner == table.alternatives.end()) {
      unknown_key(member, known, pointer, {});
    } else {
      field(*owner->table.find(member.name), owner->open(value), member.value,
            pointer + '/' + pointer_step(member.name));
    }
  }
}

// ---- fields
// ------------------------------------------------------------------------------------------------------
void ConfigReader::field(const Field& field, void* object, const JsonValue& json,
                         const std::string& pointer) {
  if (json.kind == JsonKind::kInvalid) {
    unsound_.push_back(pointer);
  } else if (field.nullable && json.kind == JsonKind::kNull) {
    field.clear(object);
  } else if (field.object != nullptr) {
    this->object(*field.object, field.open(object), json, pointer);
  } else if (field.tagged != nullptr) {
    tagged(*field.tagged, field.open(object), json, pointer);
  } else if (field.type == FieldType::kIntegers || field.type == FieldType::kNumbers) {
    list(field, field.open(object), json, pointer);
  } else if (!scalar(field, field.open(object), json, pointer)) {
    std::string hint;
    if (field.type == FieldType::kChoice && json.kind == JsonKind::kString) {
      hint = did_you_mean(json.string, {field.choices.begin(), field.choices.end()});
    }
    mismatch(expected_text(field), json, pointer, hint);
  }
}

bool ConfigReader::scalar(const Field& field, void* value, const JsonValue& json, const std::string&) {
  const bool is_string = json.kind == JsonKind::kString;
  switch (field.type) {
    case FieldType::kBoolean:
      *static_cast<bool*>(value) = json.boolean;
      return json.kind == JsonKind::kBoolean;
    case FieldType::kInteger:
      return accepts(field, json) &&
             (*static_cast<std::int64_t*>(value) = static_cast<std::int64_t>(json.number), true);
    case FieldType::kNumber:
      *static_cast<double*>(value) = json.number;
      return json.kind == JsonKind::kNumber && field.bounds.contain(json.number);
    case FieldType::kText:
      *static_cast<std::string*>(value) = json.string;
      return is_string && is_name(json.string);
    case FieldType::kPath:
      return is_string && path(value, json);
    case FieldType::kDuration: {
      const std::optional<Duration> duration = read_duration(json.string);
      *static_cast<Duration*>(value) = duration.value_or(Duration{});
      return is_string && duration.has_value();
    }
    case FieldType::kChoice: {
      const auto found = std::find(field.choices.begin(), field.choices.end(), json.string);
      const bool known = is_string && found != field.choices.end();
      field.set_choice(value, known ? static_cast<int>(found - field.choices.begin()) : 0);
      return known;
    }
    case FieldType::kJson:
      *static_cast<JsonValue*>(value) = json;
      return json.kind == JsonKind::kObject;
    default:
      fail(ErrorKind::kInternal, "field \"{}\" is not a scalar", field.name);
  }
}

// Integers must increase; of numbers there must be one at least, and a single one may stand without brackets.
void ConfigReader::list(const Field& field, void* value, const JsonValue& json, const std::string& pointer) {
  const bool integers = field.type == FieldType::kIntegers, is_array = json.kind == JsonKind::kArray;
  const bool alone = !integers && json.kind == JsonKind::kNumber;
  auto* whole = integers ? static_cast<std::vector<std::int64_t>*>(value) : nullptr;
  auto* numbers = integers ? nullptr : static_cast<std::vector<double>*>(value);
  integers ? whole->clear() : numbers->clear();
  if ((!is_array && !alone) || (is_array && !integers && json.items.empty())) {
    mismatch(expected_text(field), json, pointer);
    return;
  }
  Field one = field;
  one.type = integers ? FieldType::kInteger : FieldType::kNumber;
  one.nullable = false;
  for (std::size_t i = 0; i < (alone ? 1 : json.items.size()); ++i) {
    const JsonValue& item = alone ? json : json.items[i];
    const std::string below = alone ? pointer : fmt::format("{}/{}", pointer, i);
    if (item.kind == JsonKind::kInvalid) {
      unsound_.push_back(below);
    } else if (integers ? !accepts(field, item)
                        : item.kind != JsonKind::kNumber || !field.bounds.contain(item.number)) {
      mismatch(expected_text(alone ? field : one), item, below);
    } else if (!integers) {
      numbers->push_back(item.number);
    } else if (!whole->empty() && static_cast<double>(whole->back()) >= item.number) {
      mismatch(fmt::format("an integer > {}, the one before it", whole->back()), item, below);
    } else {
      whole->push_back(static_cast<std::int64_t>(item.number));
    }
  }
}

// Makes the path absolute from the folder of the text that it was written in. It must be valid UTF-8
// throughout: the resolved configuration is JSON.
bool ConfigReader::path(void* value, const JsonValue& json) {
  if (json.string.empty() || json.string.find('\0') != std::string::npos) {
    return false;
  }
  const std::filesystem::path written(json.string);
  const std::string folder = json.where.source < 0 ? "" : diagnostics_.source(json.where.source).folder;
  const std::filesystem::path whole = (std::filesystem::path(folder) / written).lexically_normal();
  *static_cast<std::filesystem::path*>(value) = whole;
  return utf8_prefix(whole.native()) == whole.native().size();
}

// ---- reporting
// ---------------------------------------------------------------------------------------------------
void ConfigReader::mismatch(const std::string& expected, const JsonValue& json, const std::string& pointer,
                            const std::string& suggestion) {
  unsound_.push_back(pointer);
  diagnostics_.error(json.where, pointer,
                     fmt::format("expected {}, got {}", expected, diagnostics_.written(json)), suggestion);
}

void ConfigReader::unknown_key(const JsonMember& member, const std::vector<std::string>& known,
                               const std::string& pointer, const std::string& belongs) {
  if (diagnostics_.count() > kManyMistakes) {
    diagnostics_.error(member.where, pointer + '/' + pointer_step(member.name), "unknown key");
    return;
  }
  std::string hint = belongs.empty() ? did_you_mean(member.name, known) : belongs;
  std::vector<std::string> homes;
  if (hint.empty() && root_ != nullptr) {
    find_homes(*root_, member.name, "", homes);
  }
  if (!homes.empty()) {
    hint = "it is a key of " + homes.front();
    for (std::size_t i = 1; i < homes.size(); ++i) {
      hint += (i + 1 == homes.size() ? " and " : ", ") + homes[i];
    }
  } else if (hint.empty() && !known.empty()) {
    hint = (known.size() == 1 ? "the only key here is " : "the keys here are ") + choices_text(known, "and");
  } else if (belongs.empty()) {
    // What was meant has a value that was not read: checks that depend on it would be noise.
    for (const std::string& name : nearest_names(member.name, known)) {
      unsound_.push_back(pointer + '/' + name);
    }
  }
  diagnostics_.error(member.where, pointer + '/' + pointer_step(member.name), "unknown key", hint);
}

int ConfigReader::layer(const SourceRange& where) const {
  return where.source < 0 ? 0 : diagnostics_.source(where.source).layer;
}

}  // namespace selfsame
