// SPDX-License-Identifier: Apache-2.0
#include "engine/report/short_text.hpp"

#include <gtest/gtest.h>

#include "engine/files/json_text.hpp"

namespace selfsame {
namespace {

TEST(ShortText, CountsCharactersNotBytes) {
  EXPECT_EQ(characters_of(""), 0u);
  EXPECT_EQ(characters_of("abc"), 3u);
  EXPECT_EQ(characters_of("σ′ = 25"), 7u);
}

TEST(ShortText, KeepsWhatFits) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("σσσ", 3), "σσσ");
  EXPECT_EQ(shortened("", 3), "");
}

TEST(ShortText, CutsWholeCharactersToTheLength) {
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("abcdefg", 3), "...");
  const std::string text = "aσ′b" + std::string(20, 'x');
  for (std::size_t most = 3; most < 12; ++most) {
    EXPECT_EQ(characters_of(shortened(text, most)), most);
    EXPECT_TRUE(is_utf8(shortened(text, most))) << most;
  }
}

}  // namespace
}  // namespace selfsame
