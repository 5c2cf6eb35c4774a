// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/device/philox.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

constexpr SubspaceProblem kSmall{13, 3, 0.4};
constexpr std::int64_t kExamples = 517;  // whole blocks and a bit

double normal(std::uint64_t seed, RandomPurpose purpose, std::int64_t repeat, std::int64_t element) {
  return RandomStream(seed, purpose, kExamples, static_cast<std::uint32_t>(repeat))
      .normal(static_cast<std::uint64_t>(element));
}

/// The definition, example by example.
struct Sums {
  std::vector<double> gram = std::vector<double>(13 * 13), signal = std::vector<double>(3 * 13),
                      noise = std::vector<double>(13 * 13);
  Sums(const std::vector<double>& basis, std::uint64_t seed, std::int64_t repeat) {
    for (std::int64_t a = 0; a < kExamples; ++a) {
      double c[3], y[13], e[13];
      for (int j = 0; j < 3; ++j) {
        c[j] = normal(seed, RandomPurpose::kGenerator, repeat, a * 3 + j) / std::sqrt(3.0);
      }
      for (int i = 0; i < 13; ++i) {
        y[i] = 0.4 / std::sqrt(13.0) * normal(seed, RandomPurpose::kInputNoise, repeat, a * 13 + i);
        e[i] = normal(seed, RandomPurpose::kTargetNoise, repeat, a * 13 + i) / std::sqrt(13.0);
        for (int j = 0; j < 3; ++j) {
          y[i] += basis[static_cast<std::size_t>(i * 3 + j)] * c[j];
        }
      }
      for (int p = 0; p < 13; ++p) {
        for (int i = 0; i < 13; ++i) {
          gram[static_cast<std::size_t>(i * 13 + p)] += y[i] * y[p];
          noise[static_cast<std::size_t>(i * 13 + p)] += e[i] * y[p];
        }
        for (int j = 0; j < 3; ++j) {
          signal[static_cast<std::size_t>(j * 13 + p)] += c[j] * y[p];
        }
      }
    }
  }
};

std::vector<double> lane_of(const MirroredBuffer& buffer, std::int64_t lane, std::size_t size) {
  const double* from = buffer.host<double>() + lane * static_cast<std::int64_t>(size);
  return {from, from + size};
}

// Normals differ by up to 4e-7 from RandomStream's, sums of 517 products are of size 30.
void expect_near(const std::vector<double>& got, const std::vector<double>& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], 1e-5) << i;
  }
}

TEST(SubspaceMoments, AreThoseOfTheirDefinitionOnEveryDevice) {
  Stream stream(contract::test_device(), 2);
  const std::vector<double> basis = subspace_basis(kSmall, 9);
  SubspaceMoments moments(kSmall, 2, stream);
  moments.draw(basis, kExamples, 5, 77, stream);
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    const Sums sums(basis, 77, 5 + lane);
    expect_near(lane_of(moments.gram(), lane, 169), sums.gram);
    expect_near(lane_of(moments.signal(), lane, 39), sums.signal);
    expect_near(lane_of(moments.noise(), lane, 169), sums.noise);
  }
  std::vector<double> cross(169);
  moments.cross(1, basis, 2, cross);
  const Sums sums(basis, 77, 6);
  double want = 2 * sums.noise[4 * 13 + 7];
  for (std::size_t j = 0; j < 3; ++j) {
    want += basis[4 * 3 + j] * sums.signal[j * 13 + 7];
  }
  EXPECT_NEAR(cross[4 * 13 + 7], want, 1e-5);
}

TEST(SubspaceMoments, ALaneHasItsBitsAloneAndForAnyThreads) {
  const std::vector<double> basis = subspace_basis(kSmall, 9);
  Stream two(DeviceKind::kCpu, 2), one(DeviceKind::kCpu, 1);
  SubspaceMoments many(kSmall, 3, two), single(kSmall, 1, one);
  many.draw(basis, kExamples, 0, 77, two);
  single.draw(basis, kExamples, 2, 77, one);
  EXPECT_EQ(lane_of(many.gram(), 2, 169), lane_of(single.gram(), 0, 169));
  EXPECT_EQ(lane_of(many.noise(), 2, 169), lane_of(single.noise(), 0, 169));
  EXPECT_NE(lane_of(many.gram(), 1, 169), lane_of(single.gram(), 0, 169));
  many.draw(basis, 3, 0, 77, two);  // nothing stays of the draw before
  single.draw(basis, 3, 0, 77, one);
  EXPECT_EQ(lane_of(many.signal(), 0, 39), lane_of(single.signal(), 0, 39));
}

}  // namespace
}  // namespace selfsame
