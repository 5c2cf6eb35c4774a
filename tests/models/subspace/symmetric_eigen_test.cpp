// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/symmetric_eigen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "mri/coils/hermitian_eigen.hpp"

namespace selfsame {
namespace {

using Matrix = std::vector<double>;

/// X X^T with X (n, rank): definite for rank >= n.
Matrix gram(std::int64_t n, std::int64_t rank, std::uint64_t seed) {
  const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
  Matrix a(static_cast<std::size_t>(n * n));
  for (std::int64_t k = 0; k < rank; ++k) {
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        a[static_cast<std::size_t>(i * n + j)] +=
            static_cast<double>(random.normal(static_cast<std::uint64_t>(k * n + i))) *
            static_cast<double>(random.normal(static_cast<std::uint64_t>(k * n + j)));
      }
    }
  }
  return a;
}

/// Residual and departure from orthonormality within 4 n eps, the former relative to the largest eigenvalue.
void expect_decomposed(const Matrix& a, const SymmetricEigen& eigen) {
  const auto n = static_cast<std::size_t>(eigen.size());
  double scale = 0, residual = 0, departure = 0;
  for (const double value : eigen.values()) {
    scale = std::max(scale, std::abs(value));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<const double> v = eigen.vector(static_cast<std::int64_t>(i));
    for (std::size_t r = 0; r < n; ++r) {
      double sum = -eigen.values()[i] * v[r];
      for (std::size_t c = 0; c < n; ++c) {
        sum += a[r * n + c] * v[c];
      }
      residual = std::max(residual, std::abs(sum));
    }
    for (std::size_t j = 0; j <= i; ++j) {
      const std::span<const double> w = eigen.vector(static_cast<std::int64_t>(j));
      double sum = i == j ? -1 : 0;
      for (std::size_t c = 0; c < n; ++c) {
        sum += v[c] * w[c];
      }
      departure = std::max(departure, std::abs(sum));
    }
  }
  const double bound = 4 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  EXPECT_LE(residual, bound * scale);
  EXPECT_LE(departure, bound);
  EXPECT_TRUE(std::is_sorted(eigen.values().rbegin(), eigen.values().rend()));
}

TEST(SymmetricEigen, KnownMatrices) {
  SymmetricEigen one(1);
  one.solve(Matrix{-3});
  EXPECT_EQ(one.values()[0], -3);
  EXPECT_EQ(std::abs(one.vector(0)[0]), 1);
  SymmetricEigen two(2);
  two.solve(Matrix{2, 99, 1, 2});  // the upper triangle is not read
  EXPECT_NEAR(two.values()[0], 3, 1e-15);
  EXPECT_NEAR(two.values()[1], 1, 1e-15);
  EXPECT_NEAR(two.vector(0)[0] * two.vector(0)[1], 0.5, 1e-15);
  EXPECT_NEAR(two.vector(1)[0] * two.vector(1)[1], -0.5, 1e-15);
  SymmetricEigen three(3);
  for (const Matrix& diagonal : {Matrix{1, 0, 0, 0, 3, 0, 0, 0, 2}, Matrix(9)}) {
    three.solve(diagonal);
    expect_decomposed(diagonal, three);
  }
  three.solve(Matrix{1, 0, 0, 0, 3, 0, 0, 0, 2});
  EXPECT_EQ(std::vector<double>(three.values().begin(), three.values().end()),
            (std::vector<double>{3, 2, 1}));
}

TEST(SymmetricEigen, DecomposesMatricesOfAnyRankAndScale) {
  for (const std::int64_t n : {2, 3, 7, 33, 100}) {
    SymmetricEigen eigen(n);
    for (const std::int64_t rank : {std::int64_t{1}, n / 2, n, 3 * n}) {
      for (const double scale : {1.0, 1e-200, 1e200}) {
        Matrix a = gram(n, rank, static_cast<std::uint64_t>(n));
        for (double& value : a) {
          value *= scale;
        }
        SCOPED_TRACE(fmt::format("n {} rank {} scale {}", n, rank, scale));
        eigen.solve(a);
        expect_decomposed(a, eigen);
        const auto small = std::ranges::count_if(
            eigen.values(), [&](double value) { return value <= 1e-12 * eigen.values()[0]; });
        EXPECT_EQ(small, std::max<std::int64_t>(0, n - rank));
      }
    }
  }
}

TEST(SymmetricEigen, AgreesWithTheComplexSolver) {
  const Matrix a = gram(24, 40, 8);
  SymmetricEigen real(24);
  real.solve(a);
  HermitianEigen complex(24);
  complex.solve(std::vector<std::complex<double>>(a.begin(), a.end()));
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(real.values()[i], complex.values()[i], 1e-13 * real.values()[0]);
  }
}

TEST(SymmetricEigen, WhatIsNotAMatrixIsAnError) {
  SymmetricEigen eigen(2);
  EXPECT_THROW(eigen.solve(Matrix{1, 2, 3}), Error);
  EXPECT_THROW(eigen.solve(Matrix{1, 0, std::nan(""), 1}), Error);
  EXPECT_THROW(SymmetricEigen(0), Error);
}

}  // namespace
}  // namespace selfsame
