// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/tv_prox.hpp"

#include <gtest/gtest.h>

#include "tests/mri/recon/small_sense.hpp"

namespace selfsame {
namespace {

using small_sense::at;
using small_sense::Complex;
using small_sense::random_vector;
using small_sense::Vector;

}  // namespace

TEST(TotalVariation, ValueIsTheDefinition) {
  Stream stream(DeviceKind::kCpu, 2);
  const TotalVariation<double> tv(2, 3, 4, stream);
  const Vector x = random_vector(24, 1);
  double sum = 0;
  for (std::int64_t i = 0; i < 24; ++i) {
    const std::int64_t p = i / 12, r = i % 12 / 4, c = i % 4;
    const Complex above = x[at(p * 12 + (r + 2) % 3 * 4 + c)], left = x[at(p * 12 + r * 4 + (c + 3) % 4)];
    sum += std::sqrt(std::norm(x[at(i)] - above) + std::norm(x[at(i)] - left));
  }
  EXPECT_NEAR(tv.value(x), sum, 1e-13 * sum);
}

/// Two plateaus on a ring: both edges pull with the weight, so that a plateau of n samples moves by 2 weight
/// / n towards the other.
TEST(TotalVariation, ProxOfTwoPlateausIsKnown) {
  Stream stream(DeviceKind::kCpu, 1);
  const double weight = 0.3;
  const Complex jump(3, 4), unit = jump / 5.0;
  for (const bool along_x : {true, false}) {
    TotalVariation<double> tv(1, along_x ? 1 : 12, along_x ? 12 : 1, stream);
    Vector v(12, Complex(1, -1)), x(12);
    for (std::size_t i = 4; i < 9; ++i) {
      v[i] += jump;
    }
    const double gap = tv.prox(x, v, weight, 4000);
    EXPECT_GE(gap, -1e-12);
    const double bound = std::sqrt(2 * std::max(gap, 0.0)) + 1e-10;  // 1/2 ||x - exact||^2 <= gap
    EXPECT_LE(bound, 1e-3);
    for (std::size_t i = 0; i < 12; ++i) {
      const Complex exact = v[i] + unit * weight * (i >= 4 && i < 9 ? -2.0 / 5 : 2.0 / 7);
      EXPECT_NEAR(std::abs(x[i] - exact), 0, bound) << i;
    }
  }
}

TEST(TotalVariation, GapBoundsTheErrorAndWarmStartsHelp) {
  Stream stream(DeviceKind::kCpu, 2);
  const Vector v = random_vector(7 * 9, 4);
  Vector exact(v.size()), x(v.size()), again(v.size());
  TotalVariation<double> best(1, 7, 9, stream);
  EXPECT_LE(best.prox(exact, v, 0.4, 20000), 1e-8);
  TotalVariation<double> tv(1, 7, 9, stream);
  const double first = tv.prox(x, v, 0.4, 30), second = tv.prox(again, v, 0.4, 30);
  for (const auto& [point, gap] : {std::pair{x, first}, std::pair{again, second}}) {
    EXPECT_LE(std::pow(small_sense::distance(point, exact), 2) / 2, gap + 1e-8);
  }
  EXPECT_LT(second, first);
}

TEST(TotalVariation, KeepsTheMeanAndTheBitsOfAnyNumberOfThreads) {
  Stream one(DeviceKind::kCpu, 1), three(DeviceKind::kCpu, 3);
  const Vector v = random_vector(2 * 8 * 5, 6);
  Vector a(v.size()), b(v.size());
  TotalVariation<double> left(2, 8, 5, one), right(2, 8, 5, three);
  static_cast<void>(left.prox(a, v, 0.5, 20));
  static_cast<void>(right.prox(b, v, 0.5, 20));
  EXPECT_EQ(a, b);
  for (const std::size_t plane : {0u, 40u}) {
    Complex difference = 0;
    for (std::size_t i = plane; i < plane + 40; ++i) {
      difference += a[i] - v[i];
    }
    EXPECT_NEAR(std::abs(difference), 0, 1e-13);
  }
  static_cast<void>(left.prox(a, v, 0, 20));
  EXPECT_EQ(a, v);
  EXPECT_THROW(static_cast<void>(left.prox(a, v, -1, 20)), Error);
}

}  // namespace selfsame
