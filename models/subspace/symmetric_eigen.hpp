// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// Eigenvalues and all eigenvectors of real symmetric matrices of one size, A = V^T diag(values) V, in
/// double: what mri/coils/hermitian_eigen.hpp does for complex ones, at a quarter of the work.
///
/// Householder reflections make the matrix tridiagonal, the implicit QL iteration diagonalises it.
/// Eigenvectors are rows all the way, so that every inner loop runs along memory. The object owns its memory:
/// `solve` allocates nothing. Not thread-safe; one object per thread.
///
/// Cost:   about 9 n^3 floating-point operations.
/// Exact:  backward stable: |A v - value v| and |V V^T - I| are a small multiple of n eps (times |A|).
/// Source: Wilkinson, Reinsch, Handbook for Automatic Computation II, 1971; Golub, Van Loan, 8.3.
class SymmetricEigen {
 public:
  /// @param n >= 1
  explicit SymmetricEigen(std::int64_t n);

  /// @param matrix  n * n, row-major; only the lower triangle (row >= column) is read
  /// Errors: Error(kInternal) for a wrong size; Error(kData) if an element is not finite.
  void solve(std::span<const double> matrix);

  [[nodiscard]] std::int64_t size() const { return n_; }
  /// Descending.
  [[nodiscard]] std::span<const double> values() const { return values_; }
  /// Eigenvector of values()[i], of norm 1.
  [[nodiscard]] std::span<const double> vector(std::int64_t i) const;

 private:
  void tridiagonalise();
  void accumulate();
  void iterate();

  std::int64_t n_;
  double scale_ = 1;
  std::vector<double> a_;      ///< the matrix; row k left of the diagonal becomes reflection k
  std::vector<double> z_;      ///< rows: first the product of the reflections, then the eigenvectors
  std::vector<double> d_, e_;  ///< diagonal, subdiagonal
  std::vector<double> p_;      ///< work
  std::vector<std::int64_t> order_;
  std::vector<double> values_;
};

}  // namespace selfsame
