// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace.hpp"

#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }
double real(std::int64_t i) { return static_cast<double>(i); }

/// Mean of the trace of Sigma (Y Y^T)^-1 for N Gaussian columns of `dimensions` numbers: the mean of an
/// inverse Wishart matrix.
double inverse_wishart_trace(std::int64_t examples, std::int64_t dimensions) {
  if (examples < dimensions) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::int64_t freedom = examples - dimensions - 1;
  return freedom > 0 ? real(dimensions) / real(freedom) : std::numeric_limits<double>::infinity();
}

}  // namespace

void SubspaceProblem::check() const {
  SELFSAME_CHECK(1 <= d && d <= n && n <= 4096 && sigma > 0 && std::isfinite(sigma),
                 "subspace of {} in {} dimensions, noise {}", d, n, sigma);
}

double SubspaceProblem::optimal_risk() const {
  const double share = sigma * sigma * real(d) / real(n);
  return share / (1 + share);
}

double SubspaceProblem::shrinkage() const { return 1 / (1 + sigma * sigma * real(d) / real(n)); }

double SubspaceProblem::least_squares_risk(std::int64_t examples, double target_sigma) const {
  const double residual = optimal_risk() + target_sigma * target_sigma;
  return optimal_risk() + residual * inverse_wishart_trace(examples, n);
}

double SubspaceProblem::subspace_risk(std::int64_t examples, double target_sigma) const {
  const double residual = optimal_risk() + target_sigma * target_sigma;
  return optimal_risk() + residual * inverse_wishart_trace(examples, d);
}

double SubspaceProblem::extra_samples(double target_sigma) const {
  return 1 + target_sigma * target_sigma / optimal_risk();
}

double SubspaceProblem::concentration(std::int64_t examples) const {
  return std::sqrt(10 * (real(d) + sigma * sigma * real(n)) * std::log(real(n)) / real(examples));
}

double SubspaceProblem::step_size(std::int64_t examples) const {
  return 1 / (real(examples) * (1 + concentration(examples)) * (1 + sigma * sigma));
}

std::vector<double> subspace_basis(const SubspaceProblem& problem, std::uint64_t seed) {
  problem.check();
  const std::int64_t n = problem.n, d = problem.d;
  const RandomStream random(seed, RandomPurpose::kGenerator, 0, 0);
  std::vector<double> basis(index(n * d));
  for (std::int64_t j = 0; j < d; ++j) {
    for (std::int64_t i = 0; i < n; ++i) {
      basis[index(i * d + j)] = random.normal(static_cast<std::uint64_t>(j * n + i));
    }
    for (int pass = 0; pass < 2; ++pass) {  // the second removes what rounding left
      for (std::int64_t other = 0; other < j; ++other) {
        double dot = 0;
        for (std::int64_t i = 0; i < n; ++i) {
          dot += basis[index(i * d + other)] * basis[index(i * d + j)];
        }
        for (std::int64_t i = 0; i < n; ++i) {
          basis[index(i * d + j)] -= dot * basis[index(i * d + other)];
        }
      }
    }
    double square = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      square += basis[index(i * d + j)] * basis[index(i * d + j)];
    }
    for (std::int64_t i = 0; i < n; ++i) {
      basis[index(i * d + j)] /= std::sqrt(square);
    }
  }
  return basis;
}

double risk_of(const SubspaceProblem& problem, std::span<const double> basis,
               std::span<const double> weights) {
  const std::int64_t n = problem.n, d = problem.d;
  SELFSAME_CHECK(basis.size() == index(n * d) && weights.size() == index(n * n),
                 "basis of {}, weights of {} numbers for n {} and d {}", basis.size(), weights.size(), n, d);
  double bias = 0, square = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      double sum = -basis[index(i * d + j)];
      for (std::int64_t p = 0; p < n; ++p) {
        sum += weights[index(i * n + p)] * basis[index(p * d + j)];
      }
      bias += sum * sum;
    }
    for (std::int64_t p = 0; p < n; ++p) {
      square += weights[index(i * n + p)] * weights[index(i * n + p)];
    }
  }
  return bias / real(d) + problem.sigma * problem.sigma / real(n) * square;
}

std::vector<double> expected_gradient(const SubspaceProblem& problem, std::span<const double> basis,
                                      std::span<const double> weights, double coupling) {
  const std::int64_t n = problem.n, d = problem.d;
  SELFSAME_CHECK(basis.size() == index(n * d) && weights.size() == index(n * n),
                 "basis of {}, weights of {} numbers for n {} and d {}", basis.size(), weights.size(), n, d);
  // (W - I) U U^T/d + (sigma^2 W - coupling I)/n
  std::vector<double> gradient(index(n * n));
  std::vector<double> projected(index(d));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      double sum = -basis[index(i * d + j)];
      for (std::int64_t p = 0; p < n; ++p) {
        sum += weights[index(i * n + p)] * basis[index(p * d + j)];
      }
      projected[index(j)] = sum / real(d);
    }
    for (std::int64_t p = 0; p < n; ++p) {
      double sum = problem.sigma * problem.sigma * weights[index(i * n + p)] - (i == p ? coupling : 0);
      sum /= real(n);
      for (std::int64_t j = 0; j < d; ++j) {
        sum += projected[index(j)] * basis[index(p * d + j)];
      }
      gradient[index(i * n + p)] = sum;
    }
  }
  return gradient;
}

}  // namespace selfsame
