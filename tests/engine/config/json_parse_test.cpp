// SPDX-License-Identifier: Apache-2.0
#include "engine/config/json_parse.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "engine/config/utf8.hpp"

namespace selfsame {
namespace {

nlohmann::json converted(const JsonValue& value) {
  nlohmann::json out;
  switch (value.kind) {
    case JsonKind::kBoolean:
      return value.boolean;
    case JsonKind::kNumber:
      return value.number;
    case JsonKind::kString:
      return value.string;
    case JsonKind::kArray:
      out = nlohmann::json::array();
      for (const JsonValue& item : value.items) {
        out.push_back(converted(item));
      }
      return out;
    case JsonKind::kObject:
      out = nlohmann::json::object();
      for (const JsonMember& member : value.members) {
        out[member.name] = converted(member.value);
      }
      return out;
    default:
      return nullptr;
  }
}

struct Parsed {
  bool good = false;
  std::string mistakes;
  JsonValue value;
};

Parsed parse(const std::string& text, JsonComments comments = JsonComments::kRefused) {
  Diagnostics diagnostics;
  const int source = diagnostics.add_source({"text", text, "", 0});
  JsonOptions options;
  options.comments = comments;
  Parsed out;
  out.value = parse_json(diagnostics, source, options);
  out.good = diagnostics.empty();
  out.mistakes = diagnostics.text();
  return out;
}

TEST(JsonParse, KeepsTheRangeOfEveryKeyAndValue) {
  const std::string text = R"( {"a": [10, "x"], "b" : {"c":null} } )";
  const JsonValue value = parse(text).value;
  const auto at = [&](const SourceRange& where) { return text.substr(where.begin, where.end - where.begin); };
  EXPECT_EQ(at(value.where), R"({"a": [10, "x"], "b" : {"c":null} })");
  EXPECT_EQ(at(value.members[0].where), "\"a\"");
  EXPECT_EQ(at(value.members[0].value.items[0].where), "10");
  EXPECT_EQ(at(value.members[0].value.items[1].where), "\"x\"");
  EXPECT_EQ(at(value.members[1].value.members[0].value.where), "null");
}

TEST(JsonParse, CommentsCountAsSpaceWhereAllowed) {
  const std::string text = "/**/[// x\n1,/* [ */2]//";
  EXPECT_EQ(converted(parse(text, JsonComments::kAllowed).value), nlohmann::json::parse("[1, 2]"));
  EXPECT_FALSE(parse(text).good);
}

// Random damage to a document: this reader and an independent one agree on what is JSON and on its value.
TEST(JsonParse, AgreesWithAnIndependentReaderOnDamagedTexts) {
  const std::string whole =
      R"({"a": [0, -1.5e+3, true, false, null, "x\n\u00e4\ud83d\ude00é", {}], "b": {"c": [], "d": 0.125}, "e": "\\\"/"})";
  const std::string alphabet = "{}[]:,\"\\0129.eE+-truefalsn \t\n/\x80\xC3\xFFu";
  std::mt19937 random(1);
  std::size_t valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (std::size_t edits = 1 + random() % 2; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1);
      }
    }
    const Parsed ours = parse(text);
    const nlohmann::json theirs = nlohmann::json::parse(text, nullptr, false);
    if (theirs.is_discarded()) {
      EXPECT_FALSE(ours.good) << text;
    } else if (ours.good) {
      ++valid;
      EXPECT_EQ(converted(ours.value), theirs) << text;
    } else {
      // The only JSON that is refused.
      EXPECT_TRUE(ours.mistakes.find("duplicate key") != std::string::npos ||
                  ours.mistakes.find("in the range of a double") != std::string::npos)
          << text << "\n"
          << ours.mistakes;
    }
  }
  EXPECT_GE(valid, 1000U);
}

TEST(JsonParse, WrittenTextReadsBackToTheSameValue) {
  const JsonValue value =
      parse(R"({"a": [1, 0.1, 1e-300, 1e300, [true, null], "ä\u0001\n\"\\"], "b": {}, "c": []})").value;
  const Parsed again = parse(json_text(value));
  EXPECT_TRUE(again.good);
  EXPECT_EQ(converted(again.value), converted(value));
  EXPECT_EQ(nlohmann::json::parse(json_text(value)), converted(value));
}

TEST(Utf8, TakesExactlyTheShortestFormsOfRealCharacters) {
  for (unsigned code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xD800 && code < 0xE000) {
      continue;
    }
    std::string text;
    append_utf8(text, code);
    ASSERT_EQ(utf8_length(text + "x"), text.size()) << code;
    ASSERT_EQ(utf8_prefix(text.substr(0, text.size() - 1)), 0U) << code;
  }
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_length(bad), 0U);
  }
}

}  // namespace
}  // namespace selfsame
