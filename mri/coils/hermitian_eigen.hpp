// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// Eigenvalues and eigenvectors of Hermitian matrices of one size, A = V diag(values) V^H, in double.
///
/// Householder reflections make the matrix tridiagonal, a diagonal of phases makes it real, the implicit QL
/// iteration diagonalises it. The object owns its memory: `solve` allocates nothing. Not thread-safe; one
/// object per thread.
///
/// Cost:   about 12 n^3 floating-point operations, and 8 n^2 for every vector.
/// Exact:  backward stable: ||A v - value v|| and ||V^H V - I|| are a small multiple of n eps (times ||A||).
/// Source: Wilkinson, Reinsch, Handbook for Automatic Computation II, 1971; Golub, Van Loan, 8.3.
class HermitianEigen {
 public:
  using Complex = std::complex<double>;

  /// @param n >= 1
  explicit HermitianEigen(std::int64_t n);

  /// @param matrix   n * n, row-major; only the lower triangle (row >= column) and the real parts of the
  ///                 diagonal are read
  /// @param vectors  how many eigenvectors are wanted, those of the largest eigenvalues; -1: all
  /// Errors: Error(kInternal) for a wrong size; Error(kData) if an element is not finite.
  void solve(std::span<const Complex> matrix, std::int64_t vectors = -1);

  [[nodiscard]] std::int64_t size() const { return n_; }
  /// Descending.
  [[nodiscard]] std::span<const double> values() const { return values_; }
  /// Eigenvector of values()[i]: n numbers, norm 1, of any phase.
  [[nodiscard]] std::span<const Complex> vector(std::int64_t i) const;

 private:
  void tridiagonalise();
  void reflect(std::int64_t k, double inverse_norm);
  void iterate();
  void transform_back(std::int64_t row, std::span<Complex> vector) const;

  std::int64_t n_, vectors_ = 0;
  double scale_ = 1;
  std::vector<Complex> a_;          ///< the matrix; row k right of the diagonal becomes reflection k
  std::vector<Complex> p_, phase_;  ///< work; the diagonal that makes the tridiagonal matrix real
  std::vector<double> d_, e_;       ///< diagonal, subdiagonal
  std::vector<double> z_;           ///< rows: eigenvectors of the real tridiagonal matrix
  std::vector<std::int64_t> order_;
  std::vector<double> values_;
  std::vector<Complex> out_;
};

}  // namespace selfsame
