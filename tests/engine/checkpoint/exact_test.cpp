// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/exact.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(Exact, EveryDoubleReadsBackBitwise) {
  std::mt19937_64 random(5);
  const auto same = [](double value) {
    return std::bit_cast<std::uint64_t>(from_exact(to_exact(value))) == std::bit_cast<std::uint64_t>(value);
  };
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isnan(value)) {
      ASSERT_TRUE(same(value)) << value << " " << to_exact(value);
    }
  }
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.0, -0.0, 1.0, Limits::infinity(), -Limits::infinity(), Limits::denorm_min(),
                             Limits::min(), Limits::max(), Limits::lowest(), 0.1, 3e-4}) {
    EXPECT_TRUE(same(value)) << to_exact(value);
  }
  EXPECT_TRUE(std::isnan(from_exact(to_exact(-Limits::quiet_NaN()))));
  EXPECT_EQ(to_exact(3.0), "0x1.8p+1");
}

TEST(Exact, RefusesEverythingElse) {
  for (const char* bad :
       {"", "1.5", "0x", "0x1p+1 ", " 0x1p+1", "0x1p", "--0x1p+1", "0x-1p+1", "+inf", "nanx", "0x1p+9999"}) {
    EXPECT_THROW((void)from_exact(bad), Error) << bad;
  }
  for (const char* bad : {"", "1.0", " 1", "1 ", "0x1", "9223372036854775808"}) {
    EXPECT_THROW((void)integer_from(bad), Error) << bad;
  }
  EXPECT_EQ(integer_from("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

}  // namespace
}  // namespace selfsame
