// SPDX-License-Identifier: Apache-2.0
// The exported schema accepts exactly what the reader accepts, conditions between fields aside.
#include "engine/config/field_text.hpp"

#include <gtest/gtest.h>
#include <regex.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/engine/config/config_cases.hpp"

namespace selfsame::testing {
namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
         (type == "integer" && value.is_number() && std::trunc(value.get<double>()) == value.get<double>());
}

// POSIX has no \\u escape: the one pattern that uses it, of paths, is spelled out.
bool matches(const std::string& text, const std::string& pattern) {
  if (pattern == "^[^\\u0000]+$") {
    return !text.empty() && text.find('\0') == std::string::npos;
  }
  regex_t compiled;
  EXPECT_EQ(regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB), 0) << pattern;
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

// The part of JSON Schema draft 7 that the export uses; any other word fails the test.
bool conforms(const Json& value, const Json& schema) {
  bool good = true;
  for (const auto& [word, rule] : schema.items()) {
    if (word == "type") {
      good = good && has_type(value, rule);
    } else if (word == "const") {
      good = good && value == rule;
    } else if (word == "enum") {
      good = good && std::find(rule.begin(), rule.end(), value) != rule.end();
    } else if (word == "minimum" || word == "exclusiveMinimum") {
      good = good && (!value.is_number() || (word[0] == 'm' ? value >= rule : value > rule));
    } else if (word == "maximum" || word == "exclusiveMaximum") {
      good = good && (!value.is_number() || (word[0] == 'm' ? value <= rule : value < rule));
    } else if (word == "pattern") {
      good = good && (!value.is_string() || matches(value, rule));
    } else if (word == "required") {
      for (const Json& name : rule) {
        good = good && (!value.is_object() || value.contains(name.get<std::string>()));
      }
    } else if (word == "properties") {
      for (const auto& [name, inner] : rule.items()) {
        good = good && (!value.is_object() || !value.contains(name) || conforms(value[name], inner));
      }
    } else if (word == "additionalProperties") {
      const Json& properties = schema["properties"];
      const Json object = value.is_object() ? value : Json::object();
      for (auto member = object.begin(); member != object.end(); ++member) {
        good = good && properties.contains(member.key());
      }
    } else if (word == "oneOf" || word == "anyOf") {
      const auto count =
          std::count_if(rule.begin(), rule.end(), [&](const Json& s) { return conforms(value, s); });
      good = good && (word == "oneOf" ? count == 1 : count > 0);
    } else if (word == "items") {
      for (const Json& item : value.is_array() ? value : Json::array()) {
        good = good && conforms(item, rule);
      }
    } else if (word == "minItems") {
      good = good && (!value.is_array() || value.size() >= rule.get<std::size_t>());
    } else if (word == "uniqueItems") {
      good = good && (!value.is_array() || std::set<Json>(value.begin(), value.end()).size() == value.size());
    } else if (word != "$schema" && word != "title" && word != "description" && word != "default") {
      ADD_FAILURE() << "unknown word " << word;
    }
  }
  return good;
}

bool reader_accepts(const Json& document) {
  Diagnostics diagnostics;
  const JsonValue json = join_config_text(diagnostics, "config", document.dump(), "/folder", {});
  TrainConfig config;
  ConfigReader reader(diagnostics, json);
  reader.read(table_of(&config), &config);
  return diagnostics.empty();
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  // About one object in twenty lacks a key that it needs, one in twenty has a key too many, one value in
  // forty is odd.
  Json object(const ObjectTable& table, const std::string& type) {
    Json out = Json::object();
    if (!type.empty() && !one_in(60)) {
      out["type"] = type;
    }
    for (const Field& field : table.fields) {
      if (field.required ? !one_in(20) : one_in(2)) {
        out[field.name] = one_in(40) ? odd() : value(field);
      }
    }
    if (one_in(20)) {
      out["unknown"] = 1;
    }
    return out;
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }

  Json odd() {
    const Json values[] = {Json(),        true,           -1,   0,    0.5, 1e300, "", "none",
                           Json::array(), Json::object(), 1e13, "a b"};
    return values[random_() % std::size(values)];
  }

  Json value(const Field& field) {
    const Bounds& b = field.bounds;
    switch (field.type) {
      case FieldType::kBoolean:
        return one_in(2);
      case FieldType::kInteger:
      case FieldType::kNumber: {
        const Json values[] = {b.low, b.high, b.low + 1, b.high - 1, 1, 3};
        const Json pick = values[random_() % std::size(values)];
        return std::isfinite(pick.get<double>()) ? pick : Json(1);
      }
      case FieldType::kText:
        return "a.b-c_1";
      case FieldType::kPath:
        return "x/y";
      case FieldType::kDuration:
        return one_in(2) ? "11h50m" : one_in(2) ? "" : "5m1h";
      case FieldType::kChoice:
        return std::string(field.choices[random_() % field.choices.size()]);
      case FieldType::kJson:
        return one_in(9) ? Json(1) : Json::object();
      case FieldType::kIntegers:
        return one_in(2) ? Json{1, 5, 9} : one_in(2) ? Json{3} : Json{0.5};
      case FieldType::kNumbers: {
        const double number = std::isfinite(b.low) ? b.low : 0.5;
        return one_in(2) ? Json(number) : one_in(2) ? Json{number, number} : Json{1e300};
      }
      case FieldType::kObject:
        return object(*field.object, "");
      case FieldType::kTagged: {
        const Alternative& a = field.tagged->alternatives[random_() % field.tagged->alternatives.size()];
        return object(a.table, one_in(60) ? "other" : a.name);
      }
    }
    return {};
  }

  std::mt19937 random_;
};

TEST(FieldText, SchemaAndReaderAgreeOnRandomDocuments) {
  const Json schema = Json::parse(config_schema());
  const TrainConfig config;
  Generator generator(7);
  std::size_t accepted = 0;
  constexpr std::size_t kDocuments = 3000;
  for (std::size_t i = 0; i < kDocuments; ++i) {
    const Json document = generator.object(table_of(&config), "");
    const bool by_reader = reader_accepts(document);
    accepted += by_reader ? 1 : 0;
    ASSERT_EQ(conforms(document, schema), by_reader) << document.dump(1) << mistakes(document.dump()).size();
  }
  EXPECT_GE(accepted, kDocuments / 20);
  EXPECT_LE(accepted, kDocuments / 2);
}

TEST(FieldText, DurationsAreReadAndWrittenInOneWay) {
  for (const auto& [text, seconds] :
       {std::pair{"90s", 90}, std::pair{"20m", 1200}, std::pair{"11h50m", 42600}, std::pair{"1d1s", 86401},
        std::pair{"", 0}, std::pair{"100m", 6000}}) {
    const std::optional<Duration> duration = read_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->seconds, seconds);
    EXPECT_EQ(read_duration(duration_text(*duration)), duration);
  }
  EXPECT_EQ(duration_text({90}), "1m30s");
  for (const char* text : {"90", "m", "5m1h", "1h1h", "-5s", "1.5h", "5 s", "5S"}) {
    EXPECT_FALSE(read_duration(text)) << text;
  }
}

}  // namespace
}  // namespace selfsame::testing
