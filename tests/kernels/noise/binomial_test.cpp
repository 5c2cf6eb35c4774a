// SPDX-License-Identifier: Apache-2.0
// Binomial numbers against their exact probabilities.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/noise/binomial_draw.hpp"
#include "kernels/noise/noise.hpp"
#include "tests/kernels/noise/distributions.hpp"

namespace selfsame {
namespace {

using namespace distributions;

constexpr int kDraws = 100000;

}  // namespace

TEST(BinomialDraw, NumbersFollowTheExactProbabilities) {
  // Both methods, at the change between them (10 expected), and the reflection above 1/2.
  const double cases[][2] = {{1, 0.3},   {7, 0.5},       {20, 0.04}, {50, 0.9},    {99, 0.1},
                             {100, 0.1}, {20, 0.5},      {300, 0.4}, {5000, 0.98}, {1000, 0.005},
                             {25, 0.6},  {100000, 2e-4}, {40, 1e-3}};
  std::uint32_t example = 0;
  for (const auto& [n, p] : cases) {
    const RandomStream random(5, RandomPurpose::kTest, 0, example++);
    std::vector<double> counts(static_cast<std::size_t>(n) + 1, 0.0);
    for (std::uint64_t pixel = 0; pixel < kDraws; ++pixel) {
      const double k = binomial_draw(n, p, random, pixel);
      ASSERT_TRUE(k >= 0 && k <= n && k == std::floor(k)) << k;
      counts[static_cast<std::size_t>(k)] += 1;
    }
    ChiSquare fit;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      fit.add(counts[k], kDraws * binomial_pmf(static_cast<double>(k), n, p));
    }
    EXPECT_TRUE(fit.fits()) << n << " trials with " << p << ": " << fit.sum << " in " << fit.bins << " bins";
  }
}

TEST(BinomialDraw, AProbabilityThatIsOffByTwoPercentIsSeen) {
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  std::vector<double> counts(301, 0.0);
  for (std::uint64_t pixel = 0; pixel < kDraws; ++pixel) {
    counts[static_cast<std::size_t>(binomial_draw(300, 0.4, random, pixel))] += 1;
  }
  ChiSquare fit;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    fit.add(counts[k], kDraws * binomial_pmf(static_cast<double>(k), 300, 0.408));
  }
  EXPECT_FALSE(fit.fits());
}

// What decides about a rejection, where factorials would cancel: mpmath, 60 digits, ln of the probability of
// k over that of the mode.
TEST(BinomialDraw, ProbabilitiesAreAccurateForAnyNumberOfTrials) {
  const struct {
    double n, p, k, mode, want;
  } cases[] = {{20, 0.5, 0, 10, -12.1267913146024544},
               {20, 0.5, 20, 10, -12.1267913146024544},
               {20, 0.5, 13, 10, -0.868500068037806595},
               {1000, 0.125, 90, 125, -5.98109685896134947},
               {1000, 0.125, 300, 125, -106.765932801193281},
               {1e9, 0.25, 250030000, 250000000, -2.39997600047993458},
               {4503599627370495, 0.125, 562950003421312, 562949953421312, -2.53765261407088848},
               {1e12, 0x1p-30, 1000, 931, -2.50784042422684328},
               {1e12, 0x1p-30, 700, 931, -31.3122039783875399}};
  for (const auto& c : cases) {
    const double got = binomial::log_probability(c.k, c.n, c.p) - binomial::log_probability(c.mode, c.n, c.p);
    // Each of the two is a handful of logarithms of at most 37, rounded to 2^-53 of itself. And n p and n q
    // are rounded, each by m 2^-53 at the most, which moves a deviance by |k - m| / m times that. So the
    // probabilities of 2^52 trials are off by 1e-8 of themselves, ten deviations from the mean.
    const double rounding = 2 * 0x1p-53 * std::abs(c.k - c.n * c.p);
    EXPECT_NEAR(got, c.want, 1e-13 * std::max(1.0, std::abs(c.want)) + rounding) << c.n << " " << c.k;
  }
}

// By the central limit: Berry and Esseen's constant is at most 0.4748 (Shevtsova 2011).
TEST(BinomialDraw, ManyTrialsAreNormalWithinTheBoundOfBerryAndEsseen) {
  const double cases[][2] = {{1e9, 0.3}, {4503599627370495, 0.15}, {1e12, 0.999}, {1e15, 1e-9}};
  std::uint32_t example = 0;
  for (const auto& [n, p] : cases) {
    const RandomStream random(6, RandomPurpose::kTest, 0, example++);
    const double mean = n * p, deviation = std::sqrt(n * p * (1 - p));
    std::vector<double> draws(kDraws);
    for (std::uint64_t pixel = 0; pixel < kDraws; ++pixel) {
      draws[pixel] = binomial_draw(n, p, random, pixel);
      ASSERT_TRUE(draws[pixel] >= 0 && draws[pixel] <= n);
    }
    const auto normal = [&, mean = mean](double x) {
      return 0.5 * std::erfc(-(x - mean) / deviation / std::sqrt(2.0));
    };
    const double apart = 0.4748 * (p * p + (1 - p) * (1 - p)) / deviation;
    EXPECT_LT(kolmogorov(draws, normal), kKolmogorov + std::sqrt(kDraws) * apart) << n << " " << p;
  }
}

TEST(BinomialDraw, HandlesTheEnds) {
  const RandomStream random(5, RandomPurpose::kTest, 0, 0);
  for (std::uint64_t pixel = 0; pixel < 100; ++pixel) {
    EXPECT_EQ(binomial_draw(0, 0.3, random, pixel), 0);
    EXPECT_EQ(binomial_draw(-4, 0.3, random, pixel), 0);
    EXPECT_EQ(binomial_draw(1e6, 0, random, pixel), 0);
    EXPECT_EQ(binomial_draw(1e6, 1, random, pixel), 1e6);
    EXPECT_EQ(binomial_draw(4503599627370495, 1e-300, random, pixel), 0);
  }
  EXPECT_TRUE(std::isnan(binomial_draw(std::nan(""), 0.3, random, 0)));
  EXPECT_THROW(static_cast<void>(binomial_draw(4503599627370496, 0.3, random, 0)), Error);
  EXPECT_THROW(static_cast<void>(binomial_draw(2.5, 0.3, random, 0)), Error);
  EXPECT_THROW(static_cast<void>(binomial_draw(2, -0.1, random, 0)), Error);
  EXPECT_THROW(static_cast<void>(binomial_draw(2, 1.1, random, 0)), Error);
  EXPECT_THROW(static_cast<void>(binomial_draw(2, std::nan(""), random, 0)), Error);
}

}  // namespace selfsame
