// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/gradient_spread.hpp"

#include <gtest/gtest.h>

#include <array>

#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr int kParameters = 6, kDraws = 40;

// Six parameters in 1024 buckets: the sketch has every one by itself (asserted), so that nothing is
// approximate and the definition can be computed beside it.
TEST(GradientSpread, IsTheSquaredDistanceFromTheMean) {
  const GradientSketch sketch({{"w", 0, kParameters}});
  DrawStatistics statistics(sketch);
  const RandomStream random(3, RandomPurpose::kTest, 0, 0);
  using Gradient = std::array<float, kParameters>;
  std::vector<Gradient> supervised(kDraws), self_supervised(kDraws);
  Gradient pilot{};
  pilot.fill(1.0f);
  statistics.add_pilot(pilot.data());
  std::array<double, kParameters> mean{};
  for (int m = 0; m < kDraws; ++m) {
    const auto at = static_cast<std::size_t>(m);
    for (std::size_t k = 0; k < kParameters; ++k) {
      supervised[at][k] = 1.0f + 0.5f * random.normal(at * 16 + k);
      self_supervised[at][k] = supervised[at][k] + 0.3f * random.normal(4096 + at * 16 + k);
      mean[k] += static_cast<double>(supervised[at][k]) / kDraws;
    }
    statistics.add(self_supervised[at].data(), supervised[at].data());
  }
  std::array<int, kParameters> buckets{};
  for (std::size_t k = 0; k < kParameters; ++k) {
    buckets[k] = sketch.table(0)[k] & 0x7fff;
    for (std::size_t j = 0; j < k; ++j) {
      ASSERT_NE(buckets[k], buckets[j]) << "two parameters share a bucket: take another seed";
    }
  }
  double norm = 0;
  for (const double g : mean) {
    norm += g * g;
  }
  const std::vector<double> of_supervised = gradient_spread(statistics, false);
  const std::vector<double> of_self_supervised = gradient_spread(statistics, true);
  ASSERT_EQ(of_supervised.size(), static_cast<std::size_t>(kDraws));
  for (std::size_t m = 0; m < kDraws; ++m) {
    double plain = 0, noisy = 0, left_out = 0;
    for (std::size_t k = 0; k < kParameters; ++k) {
      const double a = static_cast<double>(supervised[m][k]) - mean[k];
      const double b = static_cast<double>(self_supervised[m][k]) - mean[k];
      plain += a * a;
      noisy += b * b;
      left_out +=
          -2 * (static_cast<double>(self_supervised[m][k]) - static_cast<double>(supervised[m][k])) * mean[k];
    }
    EXPECT_NEAR(of_supervised[m], plain / norm, 1e-5);
    EXPECT_NEAR(of_self_supervised[m], (noisy - left_out) / norm, 1e-5);
  }
}

}  // namespace
}  // namespace selfsame
