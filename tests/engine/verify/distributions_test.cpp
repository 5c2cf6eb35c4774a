// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

using Rows = std::vector<std::vector<double>>;

Rows stored(const char* name) {
  static const auto data =
      nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/statistics.json"));
  return data.at(name).get<Rows>();
}

void expect_relative(double value, double expected, double bound) {
  EXPECT_NEAR(value, expected, bound * std::abs(expected) + 1e-300);
}

TEST(Distributions, MatchScipy) {
  for (const auto& r : stored("f")) {
    expect_relative(f_upper_tail(r[0], r[1], r[2]), r[3], 1e-10);
    if (r[3] > 1e-12 && r[3] < 0.999) {
      expect_relative(f_upper_quantile(r[3], r[1], r[2]), r[0], 1e-9);
    }
  }
  for (const auto& r : stored("noncentral_f")) {
    EXPECT_NEAR(noncentral_f_upper_tail(r[0], r[1], r[2], r[3]), r[4], 1e-8);
  }
  for (const auto& r : stored("t")) {
    expect_relative(student_t_two_sided(r[0], r[1]), r[2], 1e-10);
  }
  for (const auto& r : stored("t_quantile")) {
    expect_relative(student_t_quantile(r[0], r[1]), r[2], 1e-9);
  }
  for (const auto& r : stored("chi_squared")) {
    expect_relative(chi_squared_upper_tail(r[0], r[1]), r[2], 1e-10);
  }
  for (const auto& r : stored("normal")) {
    expect_relative(normal_cdf(r[0]), r[1], 1e-10);
    expect_relative(normal_quantile(r[1]), r[0], 1e-9);
  }
  for (const auto& r : stored("binomial")) {
    const ProbabilityInterval i =
        binomial_interval(static_cast<std::int64_t>(r[0]), static_cast<std::int64_t>(r[1]));
    EXPECT_NEAR(i.lower, r[2], 1e-9);
    EXPECT_NEAR(i.upper, r[3], 1e-9);
  }
}

TEST(Distributions, EdgesAndErrors) {
  EXPECT_EQ(f_upper_tail(INFINITY, 2, 3), 0.0);
  EXPECT_EQ(f_upper_tail(0, 2, 3), 1.0);
  EXPECT_EQ(student_t_two_sided(-INFINITY, 3), 0.0);
  EXPECT_THROW((void)f_upper_tail(1, 0, 3), Error);
  EXPECT_THROW((void)student_t_quantile(1.0, 3), Error);
  EXPECT_THROW((void)binomial_interval(3, 2), Error);
}

}  // namespace
}  // namespace selfsame
