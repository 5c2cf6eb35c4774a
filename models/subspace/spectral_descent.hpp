// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// Gradient descent on |W Y - Y'|_F^2/2 from W = 0 without its steps. With Y Y^T = Q diag(lambda) Q^T,
///
///   W_k = Y' Y^T Q diag(f(k)) Q^T,   f_i(k) = (1 - (1 - step lambda_i)^k) / lambda_i,   f_i(oo) = 1/lambda_i
///
/// so the risk of an iterate is a quadratic form in its filter f, of as many numbers as Y has rank:
///
///   R(W) = f^T M f - 2 v^T f + 1,   b_i = Y' Y^T q_i,   p_i = U^T q_i
///   M_ij = <b_i, b_j> <p_i, p_j>/d + [i = j] sigma^2/n |b_i|^2,   v_i = <b_i, U p_i>/d
///
/// The object keeps spans: what they show must live as long as it does.
class SpectralDescent {
 public:
  /// @param eigenvalues  r of them, positive, descending: those that are not 0 by the rank of Y
  /// @param quadratic    M (r, r), symmetric positive semidefinite
  /// @param linear       v (r)
  /// @param step         0 < step * eigenvalues[0] < 1
  /// Errors: Error(kInternal) for sizes or a step that do not fit.
  SpectralDescent(std::span<const double> eigenvalues, std::span<const double> quadratic,
                  std::span<const double> linear, double step);

  [[nodiscard]] std::vector<double> filter(std::int64_t iterations) const;
  /// R of any filter.
  [[nodiscard]] double risk_of(std::span<const double> filter) const;
  /// R(W_k).
  [[nodiscard]] double risk(std::int64_t iterations) const;
  /// R of k = oo: least squares, of minimal norm where it is not unique.
  [[nodiscard]] double converged_risk() const;

  struct Best {
    std::int64_t iterations = 0;
    double risk = 0;
    int evaluations = 0;  ///< of the risk, to find and to prove it
  };
  /// The smallest risk over k = 0 ... most, within a relative 1e-9: as if every iterate had been looked at.
  ///
  /// Branch and bound on intervals [k1, k2]. R is convex in f, so from either end R(k) >= R(k_e) +
  /// <gradient, f(k) - f(k_e)>, a sum of exponentials in k of known signs; its second derivative is bounded
  /// over the interval, so the sum lies above a parabola whose minimum is at an end. An interval whose bound
  /// is above the best value so far holds nothing better.
  [[nodiscard]] Best best(std::int64_t most) const;

 private:
  /// An evaluated iterate.
  struct Place {
    std::int64_t k = 0;
    double risk = 0;
    std::vector<double> filter, gradient, decay;  // decay: (1 - step lambda)^k
  };
  [[nodiscard]] Place place(std::int64_t k) const;
  [[nodiscard]] double lower_bound(const Place& left, const Place& right) const;
  void refine(const Place& left, const Place& right, Best& best) const;

  std::span<const double> values_, quadratic_, linear_;
  std::vector<double> rate_;  // -log(1 - step lambda)
};

}  // namespace selfsame
