// SPDX-License-Identifier: Apache-2.0
// Gamma and Beta numbers against their cumulative distributions.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/noise/noise.hpp"
#include "tests/kernels/noise/distributions.hpp"

namespace selfsame {
namespace {

using namespace distributions;

constexpr std::size_t kDraws = 50000;

template <typename F>
std::vector<double> draws_of(F&& draw, std::uint32_t example) {
  const RandomStream random(5, RandomPurpose::kTest, 0, example);
  std::vector<double> draws(kDraws);
  for (std::uint64_t pixel = 0; pixel < kDraws; ++pixel) {
    draws[pixel] = draw(random, pixel);
  }
  return draws;
}

std::vector<double> gamma_draws(double shape) {
  return draws_of([=](const RandomStream& random, std::uint64_t i) { return gamma_draw(shape, random, i); },
                  0);
}

/// Of w ~ Beta(a, b), 1 - w ~ Beta(b, a).
std::vector<double> rest_draws(double a, double b) {
  return draws_of(
      [=](const RandomStream& random, std::uint64_t i) { return one_minus_beta_draw(a, b, random, i); }, 1);
}

}  // namespace

// scipy 1.x: special.gammainc(a, x), special.betainc(a, b, x).
TEST(GammaDraw, TheDistributionsOfTheseTestsAreThoseOfScipy) {
  EXPECT_NEAR(gamma_cdf(0.05, 1e-10), 0.32483449451813423, 1e-13);
  EXPECT_NEAR(gamma_cdf(0.3, 0.2), 0.6575067242697217, 1e-13);
  EXPECT_NEAR(gamma_cdf(1.7, 4.0), 0.9380424057621112, 1e-13);
  EXPECT_NEAR(gamma_cdf(10, 7.5), 0.22359238698028533, 1e-13);
  EXPECT_NEAR(gamma_cdf(1e4, 10100), 0.8413487504471796, 1e-10);
  EXPECT_NEAR(beta_cdf(0.005, 0.005, 1e-100), 0.15812033816882778, 1e-13);
  EXPECT_NEAR(beta_cdf(0.3, 1.7, 0.05), 0.4951562325506323, 1e-13);
  EXPECT_NEAR(beta_cdf(2, 5, 0.4), 0.7667200000000001, 1e-13);
  EXPECT_NEAR(beta_cdf(150, 850, 0.16), 0.8133819842821077, 1e-11);
}

TEST(GammaDraw, NumbersFollowTheExactDistribution) {
  for (const double shape : {0.05, 0.3, 0.99, 1.0, 1.7, 10.0, 1e4}) {
    EXPECT_LT(kolmogorov(gamma_draws(shape), [&](double x) { return gamma_cdf(shape, x); }), kKolmogorov)
        << shape;
  }
}

TEST(GammaDraw, AShapeThatIsOffByThreePercentIsSeen) {
  EXPECT_GT(kolmogorov(gamma_draws(10.0), [&](double x) { return gamma_cdf(10.3, x); }), kKolmogorov);
  EXPECT_GT(kolmogorov(gamma_draws(0.3), [&](double x) { return gamma_cdf(0.31, x); }), kKolmogorov);
}

TEST(GammaDraw, MeanAndVarianceAreTheShape) {
  for (const double shape : {0.02, 0.5, 3.0, 1e8}) {
    double sum = 0, square = 0;
    for (const double g : gamma_draws(shape)) {
      sum += g - shape;
      square += (g - shape) * (g - shape);
    }
    // The fourth central moment is 3 shape^2 + 6 shape, so that a square has the variance 2 shape^2 + 6
    // shape.
    const double n = kDraws;
    EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(shape / n)) << shape;
    EXPECT_NEAR(square / n, shape, 5 * std::sqrt((2 * shape * shape + 6 * shape) / n)) << shape;
  }
}

// Of a shape of 1/1000 nearly a half is smaller than the smallest double.
TEST(GammaDraw, ATinyShapeIsZeroAsOftenAsNoDoubleIsSoSmall) {
  double zeros = 0;
  for (const double g : gamma_draws(1e-3)) {
    ASSERT_GE(g, 0);
    zeros += g == 0 ? 1 : 0;
  }
  // Half the smallest double rounds to zero.
  const double smallest = std::numeric_limits<double>::denorm_min();
  const double p = std::exp(1e-3 * (std::log(smallest) - std::log(2.0)) - std::lgamma(1.001));
  EXPECT_NEAR(zeros / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws));
}

TEST(GammaDraw, BetaNumbersFollowTheExactDistribution) {
  const double shapes[][2] = {{0.3, 1.7}, {2, 5}, {1, 1}, {150, 850}, {0.4, 0.4}, {1e-4, 3}};
  for (const auto& [a, b] : shapes) {
    const std::vector<double> rest = rest_draws(a, b);
    for (const double w : rest) {
      ASSERT_TRUE(w >= 0 && w <= 1) << w;
    }
    if (a > 1e-3) {
      EXPECT_LT(kolmogorov(rest, [&, a = a, b = b](double x) { return beta_cdf(b, a, x); }), kKolmogorov);
    }
  }
}

// Both Gamma numbers are too small for a double one time in 30: their ratio is not lost.
TEST(GammaDraw, BetaNumbersOfTinyShapesAreExactInBothTails) {
  const std::vector<double> rest = rest_draws(0.005, 0.005);
  for (const double at : {1e-300, 1e-100, 1e-10, 0.5, 0.9999}) {
    double below = 0;
    for (const double w : rest) {
      ASSERT_TRUE(w >= 0 && w <= 1) << w;
      below += w <= at ? 1 : 0;
    }
    const double p = beta_cdf(0.005, 0.005, at);
    EXPECT_NEAR(below / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << at;
  }
}

TEST(GammaDraw, RefusesShapesThatAreNotPositiveAndFinite) {
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  for (const double shape : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(static_cast<void>(gamma_draw(shape, random, 0)), Error);
    EXPECT_THROW(static_cast<void>(one_minus_beta_draw(shape, 1, random, 0)), Error);
    EXPECT_THROW(static_cast<void>(one_minus_beta_draw(1, shape, random, 0)), Error);
  }
}

}  // namespace selfsame
