// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/philox.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace selfsame {
namespace {

RandomStream stream(std::uint32_t example = 0, std::uint64_t seed = 42) {
  return {seed, RandomPurpose::kTest, 0, example};
}

struct Moments {
  double mean, variance;
};

Moments moments(const std::vector<double>& x) {
  double sum = 0, square = 0;
  for (const double v : x) {
    sum += v;
  }
  const double mean = sum / static_cast<double>(x.size());
  for (const double v : x) {
    square += (v - mean) * (v - mean);
  }
  return {mean, square / static_cast<double>(x.size() - 1)};
}

constexpr std::int64_t kDraws = 400000;

}  // namespace

// The three known-answer vectors that Random123 publishes for philox4x32-10.
TEST(Philox, AnswersRandom123KnownVectors) {
  using Counter = Philox::Counter;
  EXPECT_EQ(Philox::generate({0, 0, 0, 0}, {0, 0}),
            (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox::generate({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox::generate({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Stored runs depend on these values: the layout of key and counter is part of the file format.
TEST(Philox, StreamLayoutIsStable) {
  const RandomStream s(0x0123456789abcdefu, RandomPurpose::kInputNoise, 3, 5);
  const Philox::Key key{0x89abcdefu, 0x01234567u ^ (6u * 0x9E3779B9u)};
  EXPECT_EQ(s.words(0x100000007u), Philox::generate({7, 1, 3, 5}, key));
  EXPECT_EQ(s.word(4 * 9 + 2), s.words(9)[2]);
}

TEST(Philox, UniformStaysInsideItsHalfOpenInterval) {
  EXPECT_EQ(uniform_from(0), 1.0f / 16777216.0f);
  EXPECT_EQ(uniform_from(0xffffffffu), 1.0f);
  EXPECT_TRUE(std::isfinite(normals_from(0, 0).first));
  EXPECT_EQ(normals_from(0xffffffffu, 0).first, 0.0f);
}

// Bounds: five standard errors of each statistic at the stated number of draws.
TEST(Philox, UniformHasTheRightMoments) {
  const RandomStream s = stream();
  std::vector<double> x;
  for (std::int64_t i = 0; i < kDraws; ++i) {
    x.push_back(s.uniform(static_cast<std::uint64_t>(i)));
  }
  const auto [mean, variance] = moments(x);
  const double n = kDraws;
  EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12.0 / n));
  EXPECT_NEAR(variance, 1.0 / 12.0, 5 * std::sqrt((1.0 / 80.0 - 1.0 / 144.0) / n));
}

TEST(Philox, NormalHasTheRightMomentsAndDistribution) {
  const RandomStream s = stream();
  std::vector<double> x;
  double third = 0, fourth = 0, next = 0;
  std::int64_t within = 0;
  for (std::int64_t i = 0; i < kDraws; ++i) {
    const double v = s.normal(static_cast<std::uint64_t>(i));
    x.push_back(v);
    third += v * v * v;
    fourth += v * v * v * v;
    within += std::abs(v) < 1.0 ? 1 : 0;
    next += i > 0 ? v * x[static_cast<std::size_t>(i - 1)] : 0.0;
  }
  const auto [mean, variance] = moments(x);
  const double n = kDraws, inside = std::erf(std::sqrt(0.5));
  EXPECT_NEAR(mean, 0.0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(variance, 1.0, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(third / n, 0.0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(fourth / n, 3.0, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(static_cast<double>(within) / n, inside, 5 * std::sqrt(inside * (1 - inside) / n));
  EXPECT_NEAR(next / n, 0.0, 5 * std::sqrt(1 / n));  // neighbours, the two of a pair among them
}

TEST(Philox, BelowIsUniformOverItsRange) {
  const RandomStream s = stream();
  constexpr std::uint64_t kRange = 7;
  std::vector<double> counts(kRange, 0.0);
  for (std::int64_t i = 0; i < kDraws; ++i) {
    const std::uint64_t v = s.below(static_cast<std::uint64_t>(i), kRange);
    ASSERT_LT(v, kRange);
    counts[v] += 1;
  }
  double chi_square = 0;
  const double expected = static_cast<double>(kDraws) / kRange;
  for (const double count : counts) {
    chi_square += (count - expected) * (count - expected) / expected;
  }
  EXPECT_LT(chi_square, 27.86);  // 6 degrees of freedom, p = 1e-4
  EXPECT_EQ(s.below(5, 1), 0u);
  EXPECT_LT(s.below(5, ~0ull), ~0ull);
}

TEST(Philox, StreamsOfOtherSeedsPurposesExamplesAndEpochsAreUncorrelated) {
  const RandomStream base(42, RandomPurpose::kInputNoise, 0, 0);
  const RandomStream others[] = {{43, RandomPurpose::kInputNoise, 0, 0},
                                 {42ull << 32, RandomPurpose::kInputNoise, 0, 0},
                                 {42, RandomPurpose::kTargetNoise, 0, 0},
                                 {42, RandomPurpose::kInputNoise, 1, 0},
                                 {42, RandomPurpose::kInputNoise, 0, 1}};
  constexpr std::int64_t kCount = 50000;
  for (const RandomStream& other : others) {
    double product = 0;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      product += static_cast<double>(base.normal(i)) * other.normal(i);
    }
    EXPECT_NEAR(product / kCount, 0.0, 5 / std::sqrt(static_cast<double>(kCount)));
  }
}

}  // namespace selfsame
