// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/density.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

TEST(UniformDouble, HasTheMomentsOfTheUniform) {
  const RandomStream random(3, RandomPurpose::kTest, 0, 0);
  constexpr std::uint64_t kDraws = 100000;
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = uniform_double(random, i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Variances of u and u^2 are 1/12 and 4/45; six standard deviations.
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, 6 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 6 * std::sqrt(4.0 / 45 / kDraws));
  const Philox::Counter words = random.words(0);
  EXPECT_EQ(uniform_double(random, 1), std::floor((words[2] * 0x1p32 + words[3]) / 2048) * 0x1p-53);
}

TEST(Choose, GivesEveryArrangementEquallyOften) {
  std::map<std::vector<std::int64_t>, int> seen;
  constexpr int kDraws = 24000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    ++seen[choose({5, 6, 7, 8}, 2, RandomStream(1, RandomPurpose::kTest, 0, i), 3)];
  }
  ASSERT_EQ(seen.size(), 12u);  // 4 * 3 ordered pairs
  for (const auto& [pair, count] : seen) {
    EXPECT_NEAR(count, kDraws / 12, 6 * std::sqrt(kDraws * (1.0 / 12) * (11.0 / 12))) << pair[0] << pair[1];
  }
}

TEST(RoundHalfEven, IsPythonsRound) {
  const std::pair<double, std::int64_t> cases[] = {{0.5, 0},   {1.5, 2},    {2.5, 2},    {-0.5, 0},
                                                   {-1.5, -2}, {2.4999, 2}, {2.5001, 3}, {29.44, 29}};
  for (const auto& [value, rounded] : cases) {
    EXPECT_EQ(round_half_even(value), rounded) << value;
  }
}

TEST(DensityScale, MeetsTheSumToTheLastBit) {
  const std::vector<double> shape{1, 0.5, 0.25, 0.125, 0}, mass{1, 1, 2, 1, 1};
  for (const double total : {0.7, 1.9, 3.5, 5.02}) {
    const double c = density_scale(shape, mass, 0.05, total);
    const auto sum = [&](double scale) {
      double s = 0;
      for (std::size_t j = 0; j < shape.size(); ++j) {
        s += mass[j] * std::min(1.0, 0.05 + scale * shape[j]);
      }
      return s;
    };
    EXPECT_GE(sum(c), total);
    EXPECT_LT(sum(std::nextafter(c, 0.0)), total);
  }
  EXPECT_THROW(static_cast<void>(density_scale(shape, mass, 0.05, 0.2)), Error);  // less than the floor's 0.3
  EXPECT_THROW(static_cast<void>(density_scale(shape, mass, 0.05, 5.3)), Error);  // the last stays at 0.05
  EXPECT_EQ(density_scale(shape, mass, 0, 0), 0.0);
}

TEST(SquaredRadius, IsZeroAtDcAndOneAtTheEdge) {
  const std::vector<double> plane = squared_radius(4, 6), columns = squared_radius(1, 5);
  EXPECT_EQ(plane[2 * 6 + 3], 0.0);
  EXPECT_EQ(plane[0 * 6 + 3], 1.0);
  EXPECT_EQ(plane[2 * 6 + 0], 1.0);
  EXPECT_EQ(plane[0], 2.0);
  EXPECT_EQ(columns[2], 0.0);
  EXPECT_DOUBLE_EQ(columns[0], 0.64);  // 2 of 2.5 columns
}

}  // namespace
}  // namespace selfsame
