// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduction/reduction.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/device/philox.hpp"
#include "kernels/reduction/reduction_versions.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> normals(std::int64_t n) {
  const RandomStream random(3, RandomPurpose::kTest, 0, 0);
  std::vector<float> x;
  for (std::int64_t i = 0; i < n; ++i) {
    x.push_back(random.normal(static_cast<std::uint64_t>(i)));
  }
  return x;
}

std::vector<double> sums(const std::vector<float>& x, std::int64_t lanes, Stream& stream) {
  const std::int64_t per_lane = static_cast<std::int64_t>(x.size()) / lanes;
  stream.reserve_workspace(sum_of_squares_workspace(per_lane, lanes));
  std::vector<double> values(static_cast<std::size_t>(lanes), std::nan(""));
  const Buffer data(x.size() * sizeof(float), stream.device()),
      sums(values.size() * sizeof(double), stream.device());
  stream.upload(data.data(), x.data(), data.bytes());
  stream.upload(sums.data(), values.data(), sums.bytes());
  sum_of_squares({sums.as<double>(), values.size()}, data.as<float>(), per_lane, lanes, stream);
  stream.download(values.data(), sums.data(), sums.bytes());
  stream.synchronize();
  return values;
}

/// On the tested device.
std::vector<double> sums(const std::vector<float>& x, std::int64_t lanes, int threads) {
  Stream stream(contract::test_device(), threads);
  return sums(x, lanes, stream);
}

}  // namespace

TEST(Reduction, SumOfSquaresOnEveryDeviceMatchesALongDoubleSum) {
  for (const std::int64_t n : {0, 1, 15, 16, 17, 8191, 8192, 8193, 40001}) {
    const std::vector<float> x = normals(n);
    long double expected = 0;
    for (const float v : x) {
      expected += static_cast<long double>(v) * v;
    }
    // At most n/16 + 16 roundings in a row, all terms positive.
    const double bound =
        (static_cast<double>(n) / 16 + 20) * std::ldexp(1.0, -53) * static_cast<double>(expected);
    EXPECT_NEAR(sums(x, 1, 2)[0], static_cast<double>(expected), bound) << n;
  }
}

TEST(Reduction, SumOfSquaresOnEveryDeviceIsTheSameForAnyThreadsLanesAndInstructionSet) {
  constexpr std::int64_t kPerLane = 30011;
  const std::vector<float> x = normals(3 * kPerLane);
  const std::vector<double> together = sums(x, 3, 1);
  for (const int threads : {2, 4}) {
    EXPECT_EQ(sums(x, 3, threads), together);
  }
  for (std::int64_t lane = 0; lane < 3; ++lane) {
    const auto begin = x.begin() + lane * kPerLane;
    EXPECT_EQ(sums({begin, begin + kPerLane}, 1, 1)[0], together[static_cast<std::size_t>(lane)]);
  }
  const double baseline = baseline::reduction_table().sum_of_squares(x.data(), 8192);
  if (isa_available(Isa::kAvx2)) {
    EXPECT_EQ(avx2::reduction_table().sum_of_squares(x.data(), 8192), baseline);
  }
  if (isa_available(Isa::kAvx512)) {
    EXPECT_EQ(avx512::reduction_table().sum_of_squares(x.data(), 8192), baseline);
  }
}

// 33 pieces: more than the warp that adds them has threads, and the last piece ends within a row of sixteen.
TEST(Reduction, SumOfSquaresOnEveryDeviceHasTheBitsOfTheCpu) {
  for (const std::int64_t per_lane : {1, 100, 8192 + 5, 32 * 8192 + 777}) {
    const std::vector<float> x = normals(2 * per_lane);
    Stream host(DeviceKind::kCpu, 1);
    const std::vector<double> want = sums(x, 2, host), got = sums(x, 2, 1);
    EXPECT_EQ(std::memcmp(got.data(), want.data(), 2 * sizeof(double)), 0) << per_lane;
  }
}

TEST(Reduction, NanAndInfinityOnEveryDeviceReachTheSumOfTheirLaneOnly) {
  std::vector<float> x = normals(3 * 9000);
  x[100] = std::nanf("");
  x[9000 + 8999] = -kInfinity;
  const std::vector<double> values = sums(x, 3, 2);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(std::isinf(values[1]));
  EXPECT_TRUE(std::isfinite(values[2]));
}

TEST(Reduction, FindsTheFirstNonFiniteValueWhereverItIs) {
  std::vector<float> x = normals(20000);
  EXPECT_EQ(first_non_finite(x.data(), 20000), -1);
  EXPECT_EQ(first_non_finite(x.data(), 0), -1);
  x[19999] = kInfinity;
  EXPECT_EQ(first_non_finite(x.data(), 20000), 19999);
  EXPECT_EQ(first_non_finite(x.data(), 19999), -1);
  for (const std::int64_t at : {19990, 8192, 8191, 17, 0}) {
    x[static_cast<std::size_t>(at)] = std::nanf("");
    EXPECT_EQ(first_non_finite(x.data(), 20000), at);
  }
  const float large[] = {std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(), 1e-45f,
                         -0.0f};
  EXPECT_EQ(first_non_finite(large, 4), -1);
}

TEST(Reduction, ClipFactorFollowsTorch) {
  EXPECT_DOUBLE_EQ(clip_factor(4.0, 1.0), 1.0 / (2.0 + 1e-6));
  EXPECT_EQ(clip_factor(4.0, 3.0), 1.0);
  EXPECT_EQ(clip_factor(0.0, 1.0), 1.0);
  EXPECT_EQ(clip_factor(std::numeric_limits<double>::infinity(), 1.0), 0.0);
  EXPECT_TRUE(std::isnan(clip_factor(std::nan(""), 1.0)));
}

}  // namespace selfsame
