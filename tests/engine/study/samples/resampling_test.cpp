// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/resampling.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/verify/distributions.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ScoreCell cell_of(std::vector<double> seeds, std::vector<double> images, std::size_t count) {
  ScoreCell cell;
  cell.seeds = count;
  cell.mean = 10;
  cell.seed_deviations = std::move(seeds);
  cell.image_deviations = std::move(images);
  return cell;
}

/// Resamples that move the cell by less than its standard error times a quantile of Student's t.
std::int64_t below(const Resampling& resampling, const ScoreCell& cell, double error, double df,
                   double tail) {
  const double limit = error * student_t_quantile(tail, df);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < resampling.size(); ++i) {
    count += resampling.shift(cell, i) < limit ? 1 : 0;
  }
  return count;
}

TEST(Resampling, MovesMeansAsStudentsTHasIt) {
  const std::int64_t resamples = 20000;
  const Resampling resampling(4, 3, resamples, 9);
  struct Case {
    ScoreCell cell;
    double error, df;
  };
  // Standard errors by hand: sqrt(sum d^2 / (n (n - 1))).
  const Case cases[] = {
      {cell_of({-3, 1, 1, 1}, {0, 0, 0}, 4), std::sqrt(12.0 / 12), 3},
      {cell_of({0, -1, -1, 2}, {0, 0, 0}, 3), std::sqrt(6.0 / 6), 2},
      {cell_of({0, -1, 0, 1}, {0, 0, 0}, 2), std::sqrt(2.0 / 2), 1},
      {cell_of({0, 0, 0, 0}, {-2, 1, 1}, 4), std::sqrt(6.0 / 6), 2},
  };
  for (const Case& c : cases) {
    for (const double tail : {0.025, 0.3, 0.975}) {
      // Wrong by chance once in 10,000 per line: 12 lines, fixed numbers.
      const ProbabilityInterval found =
          binomial_interval(below(resampling, c.cell, c.error, c.df, tail), resamples, 0.9999);
      EXPECT_LE(found.lower, tail) << c.df;
      EXPECT_GE(found.upper, tail) << c.df;
    }
  }
}

TEST(Resampling, MovesEqualCellsEqually) {
  const Resampling resampling(3, 2, 100, 1);
  const ScoreCell cell = cell_of({-1, 0, 1}, {2, -2}, 3);
  ScoreCell twice = cell;
  for (auto* deviations : {&twice.seed_deviations, &twice.image_deviations}) {
    for (double& deviation : *deviations) {
      deviation *= 2;
    }
  }
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_DOUBLE_EQ(2 * resampling.shift(cell, i), resampling.shift(twice, i));
  }
  EXPECT_NE(resampling.shift(cell, 0), resampling.shift(cell, 1));
  EXPECT_EQ(resampling.shift(cell, 5), Resampling(3, 2, 100, 1).shift(cell, 5));
  EXPECT_NE(resampling.shift(cell, 5), Resampling(3, 2, 100, 2).shift(cell, 5));
}

TEST(Resampling, OneSeedAndOneImageMoveNothing) {
  const Resampling resampling(1, 1, 40, 1);
  EXPECT_EQ(resampling.shift(cell_of({0}, {0}, 1), 3), 0);
  EXPECT_THROW(Resampling(1, 1, 39, 1), Error);
}

TEST(Resampling, IntervalsAreQuantiles) {
  std::vector<double> values;
  for (int i = 200; i >= 0; --i) {
    values.push_back(i);
  }
  const SampleInterval plain = interval_of(50, values);
  EXPECT_EQ(plain.value, 50);
  EXPECT_DOUBLE_EQ(plain.low, 5);
  EXPECT_DOUBLE_EQ(plain.high, 195);
  EXPECT_TRUE(plain.bounded());
  EXPECT_TRUE(plain.excludes_zero());

  const SampleInterval alone = interval_of(3, {});
  EXPECT_TRUE(alone.known());
  EXPECT_FALSE(alone.bounded());
  EXPECT_FALSE(alone.excludes_zero());
}

TEST(Resampling, WhatIsNotANumberWidensAnInterval) {
  std::vector<double> values;
  for (int i = 0; i <= 200; ++i) {
    values.push_back(i);
  }
  for (const int bad : {100, 101}) {
    values[static_cast<std::size_t>(bad)] = std::nan("");
  }
  const SampleInterval two = interval_of(50, values);
  EXPECT_DOUBLE_EQ(two.low, 3);  // as if two more were lowest
  EXPECT_DOUBLE_EQ(two.high, 197);
  for (int i = 0; i < 10; ++i) {
    values[static_cast<std::size_t>(i)] = kInfinity;
  }
  const SampleInterval open = interval_of(50, values);
  EXPECT_FALSE(open.bounded());
  EXPECT_TRUE(std::isnan(open.high));
  EXPECT_FALSE(std::isnan(open.low));
}

}  // namespace
}  // namespace selfsame
