// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/safetensors_header.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::string refusal(const std::string& text, std::uint64_t data_bytes) {
  return error_text<Error>([&] { (void)parse_safetensors_header(text, data_bytes); });
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape, offsets);
}

/// An object of these entries.
template <typename... Entries>
std::string object(const Entries&... entries) {
  std::string text;
  ((text += (text.empty() ? '{' : ','), text += entries), ...);
  return text + '}';
}

TEST(SafetensorsHeader, AcceptsTheFormat) {
  std::string text = object(entry("b", "F32", "[2]", "[16,24]"), R"("__metadata__":{"k":"v"})",
                            entry("a", "F64", "[2,1]", "[0,16]"), entry("s", "U8", "[]", "[24,25]"),
                            entry("e", "F32", "[0,9]", "[24,24]"));
  text += "   ";
  const SafetensorsHeader header = parse_safetensors_header(text, 25);
  ASSERT_EQ(header.entries.size(), 4u);
  EXPECT_EQ(header.entries[0].name, "a");
  EXPECT_EQ(header.entries[2].name, "e");
  EXPECT_EQ(header.metadata.at("k"), "v");
  const SafetensorsHeader again = parse_safetensors_header(format_safetensors_header(header), 25);
  EXPECT_EQ(again.entries.size(), 4u);
  EXPECT_EQ(again.entries[3].end, 25u);
  EXPECT_TRUE(parse_safetensors_header("{}", 0).entries.empty());
}

TEST(SafetensorsHeader, NamesWhatIsWrong) {
  const std::string good = entry("a", "F32", "[2]", "[0,8]");
  const struct {
    std::string text;
    std::uint64_t bytes;
    const char* says;
  } cases[] = {
      {"", 0, "start with"},
      {" {}", 0, "start with"},
      {"[]", 0, "start with"},
      {"{", 0, "not valid JSON"},
      {"{}x", 0, "not valid JSON"},
      {"{\"\xFF\":1}", 0, "not valid JSON"},
      {object(good, good), 8, "duplicate key \"a\""},
      {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate key"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "duplicate metadata key \"k\""},
      {R"({"__metadata__":{"k":1}})", 0, "unexpected a number"},
      {R"({"__metadata__":{"k":{}}})", 0, "unexpected an object"},
      {R"({"__metadata__":"k"})", 0, "unexpected a string"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, "duplicate field dtype"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", 8, "lacks one of"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8, "unknown field \"x\""},
      {R"({"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}})", 8, "unexpected a number"},
      {object(entry("a", "F31", "[2]", "[0,8]")), 8, "unknown dtype \"F31\""},
      {object(entry("a", "F32", "[-2]", "[0,8]")), 8, "negative"},
      {object(entry("a", "F32", "[2.0]", "[0,8]")), 8, "fraction"},
      {object(entry("a", "F32", "[[2]]", "[0,8]")), 8, "unexpected an array"},
      {object(entry("a", "F32", "[null]", "[0,8]")), 8, "null"},
      {object(entry("a", "F32", "[true]", "[0,8]")), 8, "boolean"},
      {object(entry("a", "F32", "2", "[0,8]")), 8, "unexpected a number"},
      {object(entry("a", "F32", "[2]", "[0]")), 8, "1 numbers instead of 2"},
      {object(entry("a", "F32", "[2]", "[0,8,9]")), 8, "3 numbers instead of 2"},
      {object(entry("a", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]")), 8, "more than 8"},
      {object(entry("a", "F32", "[18446744073709551615]", "[0,8]")), 8, "too large"},
      {object(entry("a", "F32", "[4611686018427387904,4]", "[0,0]")), 0, "overflows"},
      {object(entry("a", "F32", "[2]", "[4,12]")), 12, "was to begin"},
      {object(entry("a", "F32", "[2]", "[8,0]")), 8, "was to begin"},
      {object(entry("a", "F32", "[3]", "[0,8]")), 8, "8 bytes of data for a shape of 12"},
      {object(good), 9, "cover 8 of 9"},
      {object(good), 7, "in 7 bytes"},
      {object(good, entry("b", "F32", "[2]", "[4,12]")), 12, "was to begin"},
      {object(entry(std::string(513, 'n'), "F32", "[2]", "[0,8]")), 8, "513 bytes"},
  };
  for (const auto& c : cases) {
    EXPECT_NE(refusal(c.text, c.bytes).find(c.says), std::string::npos)
        << c.text << " -> " << refusal(c.text, c.bytes);
  }
}

TEST(SafetensorsHeader, KeepsControlCharactersOutOfMessages) {
  const std::string text = refusal(object(entry("a\\u001b[31m", "F31", "[]", "[0,0]")), 0);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\\u001b[31m"), std::string::npos) << text;
}

TEST(SafetensorsHeader, DeepNestingIsRefusedAtOnce) {
  EXPECT_FALSE(refusal("{\"a\":" + std::string(4 << 20, '['), 0).empty());
  std::string objects = "{";
  for (int i = 0; i < 100000; ++i) {
    objects += "\"a\":{";
  }
  EXPECT_FALSE(refusal(objects, 0).empty());
}

TEST(SafetensorsHeader, LimitsTheNumberOfTensors) {
  std::string entries;
  for (std::size_t i = 0; i < kMaxTensors; ++i) {
    entries +=
        (i == 0 ? "{\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  EXPECT_EQ(refusal(entries + '}', 0), "");
  EXPECT_NE(refusal(entries + ',' + entry("one more", "U8", "[0]", "[0,0]") + '}', 0)
                .find("more than 65536 tensors"),
            std::string::npos);
}

}  // namespace
}  // namespace selfsame
