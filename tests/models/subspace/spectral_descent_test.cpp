// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/spectral_descent.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

/// Random positive semidefinite forms with eigenvalues over six decades: their risk need not have one
/// minimum.
struct Form {
  std::vector<double> values, quadratic, linear;
  explicit Form(std::size_t r, std::uint64_t seed) : quadratic(r * r), linear(r) {
    const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < r; ++i) {
      values.push_back(std::pow(10.0, -6.0 * static_cast<double>(i) / static_cast<double>(r)));
    }
    std::vector<double> root(r * r);
    for (std::size_t i = 0; i < r; ++i) {
      for (std::size_t j = 0; j < r; ++j) {
        root[i * r + j] = std::sqrt(values[i]) * static_cast<double>(random.normal(next++));
      }
    }
    for (std::size_t i = 0; i < r; ++i) {
      linear[i] = 0.5 * values[i] * static_cast<double>(random.normal(next++));
      for (std::size_t j = 0; j < r; ++j) {
        for (std::size_t k = 0; k < r; ++k) {
          quadratic[i * r + j] += root[i * r + k] * root[j * r + k] / static_cast<double>(r);
        }
      }
    }
  }
};

TEST(SpectralDescent, FilterIsThatOfGradientDescent) {
  const Form form(5, 1);
  const SpectralDescent descent(form.values, form.quadratic, form.linear, 0.3);
  std::vector<double> f(5);
  for (int k = 0; k <= 50; ++k) {
    const std::vector<double> closed = descent.filter(k);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(closed[i], f[i], 1e-13 * (1 + f[i]));
      f[i] += 0.3 * (1 - form.values[i] * f[i]);
    }
  }
  EXPECT_NEAR(descent.risk(100'000'000), descent.converged_risk(), 1e-9 * std::abs(descent.converged_risk()));
  EXPECT_EQ(descent.risk(0), 1);
}

TEST(SpectralDescent, BestIterateIsTheBestOfAll) {
  int at_an_end = 0, inside = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Form form(1 + seed % 12, seed);
    const SpectralDescent descent(form.values, form.quadratic, form.linear, 0.9);
    for (const std::int64_t most : {0, 1, 2, 7, 400, 20'000}) {
      double lowest = 1;
      for (std::int64_t k = 0; k <= most; ++k) {
        lowest = std::min(lowest, descent.risk(k));
      }
      const SpectralDescent::Best best = descent.best(most);
      // Risks of these forms are of any size and sign: relative to the sum of what they are made of.
      EXPECT_NEAR(best.risk, lowest, 1e-8 * std::abs(lowest) + 1e-13) << "seed " << seed << " most " << most;
      EXPECT_NEAR(descent.risk(best.iterations), best.risk, 1e-12);
      EXPECT_LE(best.iterations, most);
      if (most == 20'000) {
        (best.iterations == most || best.iterations == 0 ? at_an_end : inside) += 1;
        EXPECT_LT(best.evaluations, 2000);
      }
    }
  }
  EXPECT_GT(at_an_end, 3);  // the test has met both kinds
  EXPECT_GT(inside, 3);
}

TEST(SpectralDescent, StepsThatAreNotStableAreErrors) {
  const Form form(3, 2);
  EXPECT_THROW(SpectralDescent(form.values, form.quadratic, form.linear, 1.0), Error);
  EXPECT_THROW(SpectralDescent(form.values, form.quadratic, form.linear, 0.0), Error);
  EXPECT_THROW(SpectralDescent(form.values, form.linear, form.linear, 0.5), Error);
}

}  // namespace
}  // namespace selfsame
