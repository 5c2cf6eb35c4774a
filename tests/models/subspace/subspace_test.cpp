// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr SubspaceProblem kPaper{100, 10, 0.1};

TEST(Subspace, ClosedFormsOfThePaper) {
  EXPECT_NEAR(kPaper.optimal_risk(), 0.000999, 5e-7);
  // Values that methods.md gives beside the simulation.
  EXPECT_NEAR(kPaper.least_squares_risk(1024, 0.2), 0.00544, 5e-6);
  EXPECT_NEAR(kPaper.subspace_risk(1024, 0.2), 0.00140, 5e-6);
  EXPECT_NEAR(kPaper.least_squares_risk(256, 0.2), 0.02745, 5e-6);
  EXPECT_NEAR(kPaper.subspace_risk(256, 0.2), 0.00267, 5e-6);
  EXPECT_NEAR(kPaper.subspace_risk(24, 0.2), 0.03254, 5e-6);
  EXPECT_NEAR(kPaper.extra_samples(0.05), 3.5, 0.01);
  EXPECT_NEAR(kPaper.extra_samples(0.1), 11.0, 0.02);
  EXPECT_NEAR(kPaper.extra_samples(0.2), 41.0, 0.1);
  EXPECT_TRUE(std::isinf(kPaper.least_squares_risk(101, 0.1)));
  EXPECT_TRUE(std::isnan(kPaper.least_squares_risk(99, 0.1)));
  EXPECT_TRUE(std::isfinite(kPaper.subspace_risk(12, 0.1)));
  EXPECT_NEAR(kPaper.concentration(16384), std::sqrt(10 * 11 * std::log(100.0) / 16384), 1e-12);
  EXPECT_NEAR(kPaper.step_size(16384) * 16384 * (1 + kPaper.concentration(16384)) * 1.01, 1, 1e-12);
}

TEST(Subspace, BasisIsOrthonormalAndAFunctionOfTheSeed) {
  const SubspaceProblem problem{37, 9, 0.2};
  const std::vector<double> basis = subspace_basis(problem, 5);
  for (int a = 0; a < 9; ++a) {
    for (int b = 0; b <= a; ++b) {
      double sum = 0;
      for (int i = 0; i < 37; ++i) {
        sum += basis[static_cast<std::size_t>(i * 9 + a)] * basis[static_cast<std::size_t>(i * 9 + b)];
      }
      EXPECT_NEAR(sum, a == b ? 1 : 0, 1e-14);
    }
  }
  EXPECT_EQ(basis, subspace_basis(problem, 5));
  EXPECT_NE(basis, subspace_basis(problem, 6));
}

TEST(Subspace, TheOptimumIsWhereItIsSaidToBe) {
  const SubspaceProblem problem{12, 3, 0.7};
  const std::vector<double> basis = subspace_basis(problem, 1);
  std::vector<double> weights(144);
  for (int i = 0; i < 12; ++i) {
    for (int j = 0; j < 12; ++j) {
      for (int k = 0; k < 3; ++k) {
        weights[static_cast<std::size_t>(i * 12 + j)] += problem.shrinkage() *
                                                         basis[static_cast<std::size_t>(i * 3 + k)] *
                                                         basis[static_cast<std::size_t>(j * 3 + k)];
      }
    }
  }
  EXPECT_NEAR(risk_of(problem, basis, weights), problem.optimal_risk(), 1e-14);
  for (const double gradient : expected_gradient(problem, basis, weights, 0)) {
    EXPECT_NEAR(gradient, 0, 1e-15);
  }
  EXPECT_DOUBLE_EQ(risk_of(problem, basis, std::vector<double>(144)), 1);  // W = 0: E|x|^2
}

/// Every number of c, e and e' takes the two values +- its standard deviation: the second moments are those
/// of the Gaussian model, and the mean over all of them is a finite sum.
class Enumeration {
 public:
  static constexpr int kN = 3, kD = 1, kStates = 1 << (kD + 2 * kN);
  explicit Enumeration(double target_sigma, double correlation)
      : target_sigma_(target_sigma), correlation_(correlation), basis_(subspace_basis(kProblem, 3)) {}

  /// Mean of (W y - y') y^T and of |W y - x|^2.
  struct Means {
    std::vector<double> gradient = std::vector<double>(kN * kN);
    double risk = 0;
  };
  [[nodiscard]] Means means(const std::vector<double>& weights) const {
    Means means;
    for (int state = 0; state < kStates; ++state) {
      const auto sign = [&](int bit) { return (state >> bit & 1) != 0 ? 1.0 : -1.0; };
      double x[kN], y[kN], target[kN], output[kN];
      for (int i = 0; i < kN; ++i) {
        const double e = kProblem.sigma / std::sqrt(3.0) * sign(kD + i);
        // e' = correlation e + its own
        const double own = target_sigma_ / std::sqrt(3.0) * sign(kD + kN + i);
        x[i] = basis_[static_cast<std::size_t>(i)] * sign(0);
        y[i] = x[i] + e;
        target[i] = x[i] + correlation_ * e + own;
      }
      for (int i = 0; i < kN; ++i) {
        output[i] = 0;
        for (int j = 0; j < kN; ++j) {
          output[i] += weights[static_cast<std::size_t>(i * kN + j)] * y[j];
        }
        means.risk += (output[i] - x[i]) * (output[i] - x[i]) / kStates;
      }
      for (int i = 0; i < kN; ++i) {
        for (int j = 0; j < kN; ++j) {
          means.gradient[static_cast<std::size_t>(i * kN + j)] += (output[i] - target[i]) * y[j] / kStates;
        }
      }
    }
    return means;
  }

  static constexpr SubspaceProblem kProblem{kN, kD, 0.6};
  double target_sigma_, correlation_;
  std::vector<double> basis_;
};

std::vector<double> random_weights(std::size_t count) {
  const RandomStream random(4, RandomPurpose::kTest, 0, 0);
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < count; ++i) {
    weights[i] = random.normal(i);
  }
  return weights;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

// The exact identity behind Noise2Noise, without sampling: the mean gradient with noisy targets is the
// supervised one, whatever their noise; and it is not when the two noises are correlated.
TEST(Subspace, MeanGradientWithNoisyTargetsIsTheSupervisedOne) {
  const std::vector<double> weights = random_weights(9);
  const Enumeration supervised(0, 0);
  const std::vector<double> closed = expected_gradient(Enumeration::kProblem, supervised.basis_, weights, 0);
  const Enumeration::Means means = supervised.means(weights);
  EXPECT_LE(largest_difference(means.gradient, closed), 1e-14);
  EXPECT_NEAR(means.risk, risk_of(Enumeration::kProblem, supervised.basis_, weights), 1e-13);
  for (const double target_sigma : {0.3, 1.0, 5.0}) {
    EXPECT_LE(largest_difference(Enumeration(target_sigma, 0).means(weights).gradient, means.gradient),
              1e-13);
  }
  const double coupling = 0.5 * 0.6 * 0.6;  // E<e, e'> = correlation sigma^2
  const std::vector<double> biased = Enumeration(0.3, 0.5).means(weights).gradient;
  EXPECT_LE(largest_difference(
                biased, expected_gradient(Enumeration::kProblem, supervised.basis_, weights, coupling)),
            1e-13);
  EXPECT_NEAR(largest_difference(biased, means.gradient), coupling / 3, 1e-13);
}

TEST(Subspace, ImpossibleProblemsAreErrors) {
  EXPECT_THROW((SubspaceProblem{3, 4, 0.1}.check()), Error);
  EXPECT_THROW((SubspaceProblem{3, 0, 0.1}.check()), Error);
  EXPECT_THROW((SubspaceProblem{3, 2, 0}.check()), Error);
  EXPECT_THROW((SubspaceProblem{5000, 2, 0.1}.check()), Error);
}

}  // namespace
}  // namespace selfsame
