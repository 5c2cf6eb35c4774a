// SPDX-License-Identifier: Apache-2.0
#include "engine/files/json_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace selfsame {
namespace {

TEST(JsonText, ObjectsKeepTheOrderOfTheCalls) {
  const std::string text = JsonObject()
                               .add("step", std::int64_t{12})
                               .add("loss", 0.1)
                               .add("name", "a\"b\\c\n")
                               .add("on", true)
                               .add("inner", JsonObject().add("x", std::uint64_t{18446744073709551615ull}))
                               .text();
  EXPECT_EQ(text,
            "{\"step\":12,\"loss\":0.1,\"name\":\"a\\\"b\\\\c\\u000a\",\"on\":true,"
            "\"inner\":{\"x\":18446744073709551615}}");
  EXPECT_EQ(JsonObject().text(), "{}");
}

TEST(JsonText, NumbersReadBackAsTheSameDouble) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    std::string text;
    append_json_number(text, value);
    if (!std::isfinite(value)) {
      ASSERT_EQ(text, "null");
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)),
              std::bit_cast<std::uint64_t>(value))
        << text;
    ASSERT_TRUE(nlohmann::json::accept(text)) << text;
  }
  std::string text;
  append_json_number(text, std::numeric_limits<double>::infinity());
  EXPECT_EQ(text, "null");
}

TEST(JsonText, AnyBytesBecomeValidJson) {
  std::mt19937 random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random());
    }
    std::string text;
    append_json_string(text, bytes);
    ASSERT_TRUE(nlohmann::json::accept(text)) << text;
    if (is_utf8(bytes)) {
      ASSERT_EQ(nlohmann::json::parse(text).get<std::string>(), bytes);
    }
  }
}

TEST(JsonText, Utf8IsWellFormedOnlyAsTheStandardSays) {
  for (const char* good : {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF8\x88", "a\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace selfsame
