// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/hermitian_eigen.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;
constexpr double kEps = std::numeric_limits<double>::epsilon();

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

std::vector<Complex> random_matrix(std::int64_t rows, std::int64_t columns, std::uint32_t which) {
  const RandomStream random(3, RandomPurpose::kTest, 0, which);
  std::vector<Complex> m;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(rows * columns); ++i) {
    m.emplace_back(random.normal(2 * i), random.normal(2 * i + 1));
  }
  return m;
}

/// B B^H of a matrix with `rank` columns.
std::vector<Complex> gram(std::int64_t n, std::int64_t rank, std::uint32_t which) {
  const auto b = random_matrix(n, rank, which);
  std::vector<Complex> a(at(n * n));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t k = 0; k < rank; ++k) {
        a[at(i * n + j)] += b[at(i * rank + k)] * std::conj(b[at(j * rank + k)]);
      }
    }
  }
  return a;
}

double frobenius(const std::vector<Complex>& a) {
  double sum = 0;
  for (const Complex v : a) {
    sum += std::norm(v);
  }
  return std::sqrt(sum);
}

/// Backward error bounds: every one of the n reflections and the at most 2 n^2 rotations of the iteration is
/// unitary to a few roundings, and their errors add up like sqrt of their number in a vector of n.
void expect_solved(const std::vector<Complex>& a, std::int64_t n) {
  HermitianEigen eigen(n);
  eigen.solve(a);
  const double bound = 20 * static_cast<double>(n) * kEps;
  double trace = 0, sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    trace += a[at(i * n + i)].real();
    sum += eigen.values()[at(i)];
    if (i > 0) {
      EXPECT_GE(eigen.values()[at(i - 1)], eigen.values()[at(i)]);
    }
    const auto v = eigen.vector(i);
    double residual = 0;
    for (std::int64_t r = 0; r < n; ++r) {
      Complex y = -eigen.values()[at(i)] * v[at(r)];
      for (std::int64_t c = 0; c < n; ++c) {
        y += (c <= r ? a[at(r * n + c)] : std::conj(a[at(c * n + r)])) * v[at(c)];
      }
      residual += std::norm(y);
    }
    EXPECT_LE(std::sqrt(residual), bound * frobenius(a)) << "vector " << i << " of " << n;
    for (std::int64_t j = 0; j <= i; ++j) {
      Complex dot = 0;
      for (std::int64_t r = 0; r < n; ++r) {
        dot += std::conj(v[at(r)]) * eigen.vector(j)[at(r)];
      }
      EXPECT_NEAR(std::abs(dot - Complex(i == j ? 1 : 0)), 0, bound) << i << ", " << j << " of " << n;
    }
  }
  EXPECT_NEAR(trace, sum, bound * std::sqrt(static_cast<double>(n)) * frobenius(a));
}

}  // namespace

TEST(HermitianEigen, SolvesRandomMatrices) {
  for (const std::int64_t n : {1, 2, 3, 4, 5, 8, 16, 33, 72}) {
    std::vector<Complex> a = random_matrix(n, n, static_cast<std::uint32_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
      a[at(i * n + i)].imag(0);
    }
    expect_solved(a, n);
  }
}

TEST(HermitianEigen, SolvesSingularMatrices) {
  for (const std::int64_t rank : {0, 1, 3, 20}) {
    const auto a = gram(24, rank, 7);
    expect_solved(a, 24);
    HermitianEigen eigen(24);
    eigen.solve(a);
    for (std::int64_t i = rank; i < 24; ++i) {
      EXPECT_NEAR(eigen.values()[at(i)], 0, 24 * 20 * kEps * frobenius(a));
    }
  }
}

TEST(HermitianEigen, KnowsClosedForms) {
  HermitianEigen two(2);  // trace 5, determinant 6 - |1 + 2i|^2 = 1
  two.solve(std::vector<Complex>{2, {9, 9}, {1, 2}, 3});
  EXPECT_NEAR(two.values()[0], (5 + std::sqrt(21.0)) / 2, 20 * kEps);
  EXPECT_NEAR(two.values()[1], (5 - std::sqrt(21.0)) / 2, 20 * kEps);

  // The second difference of n points: 2 - 2 cos(pi k / (n + 1)).
  constexpr std::int64_t kN = 30;
  std::vector<Complex> a(at(kN * kN));
  for (std::int64_t i = 0; i < kN; ++i) {
    a[at(i * kN + i)] = 2;
    if (i > 0) {
      a[at(i * kN + i - 1)] = Complex(0, 1);  // a phase that the values do not see
    }
  }
  HermitianEigen chain(kN);
  chain.solve(a, 0);
  for (std::int64_t k = 1; k <= kN; ++k) {
    EXPECT_NEAR(chain.values()[at(kN - k)], 2 - 2 * std::cos(M_PI * static_cast<double>(k) / (kN + 1)),
                100 * kEps);
  }
  EXPECT_THROW(static_cast<void>(chain.vector(0)), Error);
}

TEST(HermitianEigen, ScalesWithItsMatrix) {
  auto a = gram(6, 6, 1);
  HermitianEigen plain(6), scaled(6);
  plain.solve(a);
  for (const double factor : {0x1p-500, 0x1p400}) {
    auto b = a;
    for (Complex& v : b) {
      v *= factor;
    }
    scaled.solve(b);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(scaled.values()[i] / factor, plain.values()[i], 1e-13 * plain.values()[0]);
    }
  }
}

TEST(HermitianEigen, RefusesWhatIsNoMatrix) {
  EXPECT_THROW(HermitianEigen(0), Error);
  HermitianEigen eigen(2);
  EXPECT_THROW(eigen.solve(std::vector<Complex>(3)), Error);
  EXPECT_THROW(eigen.solve(std::vector<Complex>(4), 3), Error);
  std::vector<Complex> a(4);
  a[2] = {0, std::nan("")};
  try {
    eigen.solve(a);
    FAIL() << "accepted NaN";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("(1, 0)"), std::string::npos) << error.what();
  }
}

}  // namespace selfsame
