// SPDX-License-Identifier: Apache-2.0
#include "mri/simulation/hermitian.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Complex = std::complex<double>;

void check_hermitian(std::span<const Complex> a, std::size_t n, const char* name) {
  if (n == 0 || a.size() != n * n) {
    fail(ErrorKind::kUsage, "{}: expected {} x {} numbers, got {}", name, n, n, a.size());
  }
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i].real()) || !std::isfinite(a[i].imag())) {
      fail(ErrorKind::kUsage, "{}: entry ({}, {}) is not a finite number", name, i / n, i % n);
    }
    largest = std::max(largest, std::abs(a[i]));
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      if (std::abs(a[i * n + j] - std::conj(a[j * n + i])) > 1e-6 * largest) {
        fail(ErrorKind::kUsage, "{}: not Hermitian, entries ({}, {}) and ({}, {}) are {}{:+}i and {}{:+}i",
             name, i, j, j, i, a[i * n + j].real(), a[i * n + j].imag(), a[j * n + i].real(),
             a[j * n + i].imag());
      }
    }
  }
}

}  // namespace

std::vector<Complex> cholesky(std::span<const Complex> matrix, std::size_t n, const char* name) {
  check_hermitian(matrix, n, name);
  std::vector<Complex> lower(n * n);
  for (std::size_t j = 0; j < n; ++j) {
    double pivot = matrix[j * n + j].real();
    for (std::size_t k = 0; k < j; ++k) {
      pivot -= std::norm(lower[j * n + k]);
    }
    if (!(pivot > 1e-14 * matrix[j * n + j].real()) || !(pivot > 0)) {
      fail(ErrorKind::kUsage, "{}: not positive definite (pivot {} of row {} is {:g})", name, j + 1, j + 1,
           pivot);
    }
    const double root = std::sqrt(pivot);
    lower[j * n + j] = root;
    for (std::size_t i = j + 1; i < n; ++i) {
      Complex sum = matrix[i * n + j];
      for (std::size_t k = 0; k < j; ++k) {
        sum -= lower[i * n + k] * std::conj(lower[j * n + k]);
      }
      lower[i * n + j] = sum / root;
    }
  }
  return lower;
}

void cholesky_solve(std::span<const Complex> lower, std::span<Complex> b) {
  const std::size_t n = b.size();
  SELFSAME_CHECK(lower.size() == n * n, "factor of {} numbers, right side of {}", lower.size(), n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      b[i] -= lower[i * n + k] * b[k];
    }
    b[i] /= lower[i * n + i].real();
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) {
      b[i] -= std::conj(lower[k * n + i]) * b[k];
    }
    b[i] /= lower[i * n + i].real();
  }
}

}  // namespace selfsame
