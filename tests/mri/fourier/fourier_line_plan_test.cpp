// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_line_plan.hpp"

#include <gtest/gtest.h>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(FourierLinePlan, DivisionsAreExact) {
  for (int divisor = 1; divisor <= 3000; divisor += divisor < 70 ? 1 : 37) {
    const FastDivision by(divisor);
    for (int x = 0; x < 100000; x += x < 200 ? 1 : 61) {
      ASSERT_EQ(by(x), x / divisor) << x << " / " << divisor;
    }
    for (int multiple = divisor; multiple < 100000; multiple += divisor) {
      ASSERT_EQ(by(multiple), multiple / divisor);
      ASSERT_EQ(by(multiple - 1), multiple / divisor - 1);
    }
  }
}

TEST(FourierLinePlan, StepsMultiplyToTheNumberOfPoints) {
  for (std::int64_t n = 1; n <= 2100; ++n) {
    ASSERT_TRUE(line_fits(n)) << n;
    const LinePlan plan = make_line_plan(n);
    std::int64_t product = 1;
    for (int i = 0; i < plan.stages; ++i) {
      const LineStage& s = plan.stage[i];
      EXPECT_EQ(s.by_product.divisor, product) << n;
      EXPECT_EQ(s.count, n / s.radix) << n;
      product *= s.radix;
      EXPECT_EQ(s.by_group.divisor, product) << n;
      EXPECT_EQ(s.stride, n / product) << n;
      EXPECT_TRUE(s.radix <= 8 || plan.roots_shared) << n;
      if (s.radix > 8) {  // a prime
        for (int d = 2; d * d <= s.radix; ++d) {
          EXPECT_NE(s.radix % d, 0) << n << ": step of " << s.radix;
        }
      }
    }
    EXPECT_EQ(product, n);
    EXPECT_EQ(plan.centre, n / 2);
    EXPECT_GT(plan.padded, line_place(plan.n - 1));
    EXPECT_EQ(plan.padded % 16, 2);
  }
  const LinePlan common = make_line_plan(368);  // 2^4 * 23
  ASSERT_EQ(common.stages, 3);
  EXPECT_EQ(common.stage[0].radix, 8);
  EXPECT_EQ(common.stage[2].radix, 23);
}

TEST(FourierLinePlan, PlacesAreDistinct) {
  for (int i = 1; i < 5000; ++i) {
    ASSERT_GT(line_place(i), line_place(i - 1));
  }
}

TEST(FourierLinePlan, BlocksFitAMultiprocessor) {
  for (const std::int64_t n : {1, 2, 7, 64, 320, 368, 640, 641, 1024, 2039, 2048, 2900}) {
    const LinePlan plan = make_line_plan(n);
    for (const std::int64_t lines : {1, 3, 640}) {
      for (const std::int64_t coils : {1, 4, 15}) {
        for (const bool columns : {false, true}) {
          for (const bool combine : {false, true}) {
            const LineBlock block = choose_line_block(plan, {columns, combine}, lines, coils);
            EXPECT_LE(block.shared_bytes, std::size_t{96} << 10) << n;
            EXPECT_GE(block.units, 1);
            EXPECT_LE(block.units, columns ? 8 : lines) << n;
            EXPECT_GE(block.coils, 1);
            EXPECT_LE(block.coils, coils) << n;
            const std::int64_t elements = std::int64_t{block.units} * block.coils * n;
            EXPECT_GE(block.shared_bytes, static_cast<std::size_t>(elements) * 16);
          }
        }
      }
    }
  }
  // Eight neighbouring columns of the usual heights are taken together.
  EXPECT_EQ(choose_line_block(make_line_plan(640), {true, false}, 368, 15).units, 8);
  EXPECT_EQ(choose_line_block(make_line_plan(320), {true, true}, 320, 15).units, 8);
}

TEST(FourierLinePlan, TooLongALineIsAnError) {
  EXPECT_FALSE(line_fits(0));
  EXPECT_FALSE(line_fits(1 << 20));
  EXPECT_THROW(static_cast<void>(make_line_plan(1 << 20)), Error);
}

}  // namespace
}  // namespace selfsame
