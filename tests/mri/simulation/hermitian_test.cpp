// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/hermitian.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

std::vector<Complex> random_numbers(std::size_t count, std::uint32_t which) {
  const RandomStream random(3, RandomPurpose::kTest, 0, which);
  std::vector<Complex> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.emplace_back(random.normal(2 * i), random.normal(2 * i + 1));
  }
  return values;
}

/// G G^H + I: its eigenvalues are at least 1.
std::vector<Complex> positive_matrix(std::size_t n) {
  const std::vector<Complex> g = random_numbers(n * n, 0);
  std::vector<Complex> a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      a[i * n + j] = i == j ? 1.0 : 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        a[i * n + j] += g[i * n + k] * std::conj(g[j * n + k]);
      }
    }
  }
  return a;
}

}  // namespace

TEST(Hermitian, FactorGivesTheMatrixAndSolves) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{20}}) {
    const std::vector<Complex> a = positive_matrix(n), lower = cholesky(a, n, "a"), x = random_numbers(n, 1);
    double trace = 0;
    std::vector<Complex> b(n);
    for (std::size_t i = 0; i < n; ++i) {
      trace += a[i * n + i].real();
      for (std::size_t j = 0; j < n; ++j) {
        b[i] += a[i * n + j] * x[j];
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        Complex sum = 0;
        for (std::size_t k = 0; k < n; ++k) {
          sum += lower[i * n + k] * std::conj(lower[j * n + k]);
        }
        // Backward stable: n + 1 roundings of numbers that the trace bounds.
        EXPECT_NEAR(std::abs(sum - a[i * n + j]), 0.0, 4.0 * static_cast<double>(n + 1) * 1.2e-16 * trace);
        if (j > i) {
          EXPECT_EQ(lower[i * n + j], Complex(0));
        }
      }
    }
    cholesky_solve(lower, b);
    for (std::size_t i = 0; i < n; ++i) {
      // The least eigenvalue is 1, so the trace bounds the condition number.
      EXPECT_NEAR(std::abs(b[i] - x[i]), 0.0, 100.0 * static_cast<double>(n) * 1.2e-16 * trace);
    }
  }
}

TEST(Hermitian, SaysWhyAMatrixIsRefused) {
  const auto refused = [](const std::vector<Complex>& a, std::size_t n) {
    return error_text<Error>([&] { static_cast<void>(cholesky(a, n, "noise covariance")); });
  };
  EXPECT_NE(refused({1, 0, 0}, 2).find("noise covariance: expected 2 x 2 numbers, got 3"), std::string::npos);
  EXPECT_NE(refused({1, 0.5, 0.4, 1}, 2).find("not Hermitian, entries (1, 0) and (0, 1)"), std::string::npos);
  EXPECT_NE(refused({1, 0.5, 0.5, Complex(1, 0.1)}, 2).find("not Hermitian, entries (1, 1)"),
            std::string::npos);
  EXPECT_NE(refused({1, 2, 2, 1}, 2).find("not positive definite"), std::string::npos);
  EXPECT_NE(refused({0}, 1).find("not positive definite"), std::string::npos);
  EXPECT_NE(refused({std::numeric_limits<double>::quiet_NaN()}, 1).find("entry (0, 0)"), std::string::npos);
}

}  // namespace selfsame
