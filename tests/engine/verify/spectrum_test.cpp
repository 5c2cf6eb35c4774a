// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/spectrum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

// Independent normal components of variance 4, 1, 1/4 around a mean that must not matter.
std::vector<float> draws(std::int64_t count, std::uint32_t repeat) {
  std::vector<float> rows;
  const RandomStream random(3, RandomPurpose::kTest, 0, repeat);
  for (std::int64_t i = 0; i < 3 * count; ++i) {
    const float deviation = i % 3 == 0 ? 2.0f : i % 3 == 1 ? 1.0f : 0.5f;
    rows.push_back(7.0f + deviation * random.normal(static_cast<std::uint64_t>(i)));
  }
  return rows;
}

TEST(Spectrum, TraceIsUnbiased) {
  const double exact = 16 + 1 + 1.0 / 16;
  constexpr int kRepeats = 2000;
  double mean = 0, squares = 0;
  for (std::uint32_t r = 0; r < kRepeats; ++r) {
    const std::vector<float> rows = draws(20, r);
    const double value = trace_of_squared_covariance({rows.data(), 20, 3, 3});
    mean += value / kRepeats;
    squares += (value - exact) * (value - exact) / kRepeats;
  }
  EXPECT_NEAR(mean, exact, 4 * std::sqrt(squares / kRepeats));
}

TEST(Spectrum, LargestEigenvalueOfManyDraws) {
  const std::vector<float> rows = draws(2048, 0);
  // A variance of 4 from 2048 draws has the deviation 4 sqrt(2 / 2048).
  EXPECT_NEAR(largest_eigenvalue_of_covariance({rows.data(), 2048, 3, 3}), 4.0,
              4 * 4 * std::sqrt(2.0 / 2048));
  const std::vector<float> constant(30, 2.0f);
  EXPECT_EQ(largest_eigenvalue_of_covariance({constant.data(), 10, 3, 3}), 0.0);
  EXPECT_THROW((void)trace_of_squared_covariance({constant.data(), 3, 3, 3}), Error);
}

}  // namespace
}  // namespace selfsame
