// SPDX-License-Identifier: Apache-2.0
// Mistakes generated from the field tables: every field of every type of object.
#include "engine/config/config_reader.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/config/field_text.hpp"
#include "engine/config/suggest.hpp"
#include "tests/engine/config/config_cases.hpp"

namespace selfsame::testing {
namespace {

// An object that a field lies in.
struct Level {
  std::string key;
  std::string type;      // of a tagged object, or empty
  std::string siblings;  // required members beside the field
};

struct Place {
  const Field* field = nullptr;
  std::string pointer;
  std::vector<Level> levels;
  std::string valid;  // a value that the reader accepts
};

std::string required_siblings(const ObjectTable& table, const Field* except) {
  std::string out;
  for (const Field& field : table.fields) {
    if (field.required && &field != except && field.object == nullptr && field.tagged == nullptr) {
      out += fmt::format(", \"{}\": {}", field.name, field.type == FieldType::kIntegers ? "[5]" : "\"x\"");
    }
  }
  return out;
}

std::string valid_value(const Field& field, const void* defaults) {
  if (field.name == "steps" || field.name == "epochs") {
    return "5";
  }
  if (field.required) {
    return field.type == FieldType::kIntegers ? "[5]" : "\"x\"";
  }
  return json_text(to_json(ObjectTable{"", {field}}, defaults).members.front().value);
}

void collect(std::vector<Place>& out, const ObjectTable& table, const void* defaults, const Place& around) {
  for (const Field& field : table.fields) {
    Place place = around;
    place.field = &field;
    place.pointer += '/' + field.name;
    if (field.object != nullptr) {
      place.levels.push_back({field.name, "", ""});
      collect(out, *field.object, field.shown(defaults), place);
    } else if (field.tagged != nullptr) {
      for (const Alternative& alternative : field.tagged->alternatives) {
        Place inner = place;
        inner.levels.push_back({field.name, alternative.name, ""});
        const std::shared_ptr<void> value = alternative.make();
        collect(out, alternative.table, alternative.peek(value.get()), inner);
      }
    } else {
      if (!place.levels.empty()) {
        place.levels.back().siblings = required_siblings(table, &field);
      }
      place.valid = valid_value(field, defaults);
      out.push_back(place);
    }
  }
}

std::vector<Place> places() {
  const TrainConfig defaults;
  std::vector<Place> all;
  collect(all, table_of(&defaults), &defaults, {});
  return all;
}

// Whether the place belongs to accelerated MRI, which needs other data, objective and model beside it.
bool is_of_kspace(const Place& place) {
  std::set<std::string> types;
  for (const std::vector<Alternative>& alternatives :
       {kspace_sources(), kspace_objective_alternatives(), kspace_models()}) {
    for (const Alternative& alternative : alternatives) {
      types.insert(alternative.name);
    }
  }
  return std::any_of(place.levels.begin(), place.levels.end(), [&](const Level& level) {
    return level.key == "kspace" || types.count(level.type) > 0;
  });
}

// A document in which the place's object holds `members`; all else that a valid document needs comes after
// them.
std::string document(const Place& place, const std::string& members) {
  std::string out = "{";
  bool pairs = false;
  const bool kspace = is_of_kspace(place);
  for (const Level& level : place.levels) {
    out += fmt::format("\"{}\": {{\n", level.key);
    out += level.type.empty() ? "" : fmt::format("\"type\": \"{}\", ", level.type);
    pairs = pairs || level.type == "pairs";
  }
  out += members;
  const std::string source = pairs    ? R"({"type": "pairs", "inputs": "x", "targets": "x"})"
                             : kspace ? R"({"type": "phantoms"})"
                                      : R"({"type": "dead_leaves"})";
  for (std::size_t i = place.levels.size(); i-- > 0;) {
    const bool train = i + 1 < place.levels.size() && place.levels[i + 1].key == "train";
    out += place.levels[i].siblings;
    out += place.levels[i].key == "data" && !train ? ", \"train\": " + source : "";
    out += "}";
  }
  const std::string first = place.levels.empty() ? "" : place.levels.front().key;
  out += first == "data" ? "" : ", \"data\": {\"train\": " + source + "}";
  const std::string objective = place.levels.empty() ? "" : place.levels.front().type;
  const char* noise = objective == "sure_poisson"            ? "poisson"
                      : objective == "sure_poisson_gaussian" ? "poisson_gaussian"
                                                             : "gaussian";
  out += first == "noise" || pairs || kspace ? "" : fmt::format(", \"noise\": {{\"type\": \"{}\"}}", noise);
  out += kspace && first != "objective" ? R"(, "objective": {"type": "supervised_kspace"})" : "";
  out += kspace && first != "model" ? R"(, "model": {"type": "recon_unet"})" : "";
  return out + "}";
}

void expect_one(const std::string& text, const std::string& pointer, const std::string& message) {
  const Marked marked = unmark(text);
  ASSERT_EQ(marked.places.size(), 1U) << text;
  EXPECT_EQ(mistakes(marked.text),
            std::vector<std::string>{marked.places.front() + ": " + pointer + ": " + message})
      << marked.text;
}

TEST(ConfigReader, AcceptsEveryFieldWithItsDefault) {
  const std::vector<Place> all = places();
  EXPECT_GE(all.size(), 90U);
  for (const Place& place : all) {
    const std::string text = document(place, fmt::format("\"{}\": {}", place.field->name, place.valid));
    EXPECT_EQ(mistakes(text), std::vector<std::string>{}) << text;
  }
}

TEST(ConfigReader, NamesThePlaceOfEveryWrongTypeAndRange) {
  std::size_t count = 0;
  for (const Place& place : places()) {
    const Field& field = *place.field;
    std::vector<std::string> wrong{"{}", "1e300", field.type == FieldType::kBoolean ? "\"true\"" : "true"};
    if (field.type != FieldType::kIntegers) {  // of numbers, one at least
      wrong.emplace_back("[]");
    }
    if (!field.nullable) {
      wrong.emplace_back("null");
    }
    if (field.type != FieldType::kText && field.type != FieldType::kPath &&
        field.type != FieldType::kIntegers) {
      wrong.emplace_back("\"x!\"");
    }
    if (field.type == FieldType::kInteger || field.type == FieldType::kNumber) {
      wrong.push_back(fmt::format("{}", field.bounds.low_open ? field.bounds.low : field.bounds.low - 1));
      if (std::isfinite(field.bounds.high)) {
        wrong.push_back(
            fmt::format("{}", field.bounds.high_open ? field.bounds.high : field.bounds.high + 1));
      } else {
        wrong.erase(wrong.begin() + 1);
      }
    }
    for (const std::string& value : wrong) {
      if (field.allowed.empty() || (value != "-inf" && value != "inf")) {
        const std::string got = value == "{}" ? "an object" : value == "[]" ? "an array" : value;
        expect_one(document(place, fmt::format("\"{}\": @{}", field.name, value)), place.pointer,
                   fmt::format("expected {}, got {}", expected_text(field), got));
        ++count;
      }
    }
  }
  EXPECT_GE(count, 500U);
}

TEST(ConfigReader, RefusesEveryKeyGivenTwice) {
  for (const Place& place : places()) {
    const std::string member = fmt::format("\"{}\": {}", place.field->name, place.valid);
    expect_one(document(place, member + ", @" + member), place.pointer,
               fmt::format("duplicate key \"{}\"", place.field->name));
  }
}

TEST(ConfigReader, FindsTheMeantKeyBehindEveryKeyWithALetterTooMany) {
  for (const Place& place : places()) {
    const std::string typo = place.field->name + "q";
    const std::string pointer = place.pointer + "q";
    expect_one(document(place, fmt::format("@\"{}\": {}", typo, place.valid)), pointer,
               fmt::format("unknown key; did you mean \"{}\"?", place.field->name));
  }
}

std::set<std::string> single_edits(const std::string& name) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz_0123456789";
  std::set<std::string> out;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    for (const char c : letters) {
      out.insert(name.substr(0, i) + c + name.substr(i));
      if (i < name.size()) {
        out.insert(name.substr(0, i) + c + name.substr(i + 1));
      }
    }
    if (i < name.size()) {
      out.insert(name.substr(0, i) + name.substr(i + 1));
    }
    if (i + 1 < name.size()) {
      out.insert(name.substr(0, i) + name[i + 1] + name[i] + name.substr(i + 2));
    }
  }
  return out;
}

TEST(ConfigReader, SuggestsTheRightKeyForSingleEdits) {
  std::set<std::vector<std::string>> tables;
  const auto visit = [&](const auto& self, const ObjectTable& table, bool has_type) -> void {
    std::vector<std::string> names = table.names();
    if (has_type) {
      names.emplace_back("type");
    }
    tables.insert(names);
    for (const Field& field : table.fields) {
      if (field.object != nullptr) {
        self(self, *field.object, false);
      }
      if (field.tagged != nullptr) {
        for (const Alternative& alternative : field.tagged->alternatives) {
          self(self, alternative.table, true);
        }
      }
    }
  };
  const TrainConfig defaults;
  visit(visit, table_of(&defaults), false);
  std::size_t right = 0;
  std::size_t all = 0;
  for (const std::vector<std::string>& names : tables) {
    for (const std::string& name : names) {
      for (const std::string& typo : single_edits(name)) {
        if (std::find(names.begin(), names.end(), typo) != names.end()) {
          continue;
        }
        ++all;
        right += nearest_names(typo, names) == std::vector<std::string>{name} ? 1 : 0;
      }
    }
  }
  RecordProperty("typos", std::to_string(all));
  RecordProperty("right", std::to_string(right));
  EXPECT_GE(all, 10000U);
  EXPECT_GE(static_cast<double>(right), 0.95 * static_cast<double>(all)) << right << " of " << all;
}

}  // namespace
}  // namespace selfsame::testing
