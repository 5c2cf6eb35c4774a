// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/legacy_random.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

TEST(LegacyRandom, GivesTheNumbersOfNumpy) {
  const auto data = nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/masks.json"));
  ASSERT_GE(data.at("numbers").size(), 6u);
  for (const auto& test : data.at("numbers")) {
    const auto& seed = test.at("seed");
    LegacyRandom random = seed.is_number() ? LegacyRandom(seed.get<std::uint32_t>())
                                           : LegacyRandom(seed.get<std::vector<std::uint32_t>>());
    for (const auto& word : test.at("words")) {
      EXPECT_EQ(random.word(), word.get<std::uint32_t>());
    }
    for (const auto& uniform : test.at("uniforms")) {
      EXPECT_EQ(random.uniform(), uniform.get<double>());
    }
    const std::uint32_t limits[] = {1, 2, 3, 5, 6, 7, 11, 1000, 1u << 31};
    for (std::size_t i = 0; i < std::size(limits); ++i) {
      EXPECT_EQ(random.below(limits[i]), test.at("integers")[i].get<std::uint32_t>()) << limits[i];
    }
    for (int i = 0; i < 1000; ++i) {
      static_cast<void>(random.uniform());
    }
    EXPECT_EQ(random.uniform(), test.at("late").get<double>());
  }
}

TEST(LegacyRandom, DoesNotDrawWhereThereIsNoChoice) {
  LegacyRandom once(7u), twice(7u);
  EXPECT_EQ(once.below(1), 0u);
  EXPECT_EQ(once.word(), twice.word());
}

TEST(NameSeed, IsPythonsCodePoints) {
  using Codes = std::vector<std::uint32_t>;
  EXPECT_EQ(name_seed("a.h5"), (Codes{97, 46, 104, 53}));
  EXPECT_EQ(name_seed("\xC3\xA9\xE2\x86\x92\xF0\x9D\x84\x9E"), (Codes{0xE9, 0x2192, 0x1D11E}));
  // os.fsdecode: bytes that are no character become lone surrogates, one by one.
  EXPECT_EQ(name_seed("\xFF"
                      "a"),
            (Codes{0xDCFF, 97}));
  EXPECT_EQ(name_seed("\xC3"), (Codes{0xDCC3}));                                      // cut off
  EXPECT_EQ(name_seed("\xC0\x80"), (Codes{0xDCC0, 0xDC80}));                          // overlong
  EXPECT_EQ(name_seed("\xED\xA0\x80"), (Codes{0xDCED, 0xDCA0, 0xDC80}));              // a surrogate
  EXPECT_EQ(name_seed("\xF4\x90\x80\x80"), (Codes{0xDCF4, 0xDC90, 0xDC80, 0xDC80}));  // above U+10FFFF
  EXPECT_THROW(static_cast<void>(name_seed("")), Error);
}

}  // namespace
}  // namespace selfsame
