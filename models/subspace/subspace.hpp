// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// Denoising of a Gaussian signal on a subspace by a linear network f_W(y) = W y (docs/theory.md).
///
///   x = U c,   c ~ N(0, I/d),   U (n, d) orthonormal             E|x|^2 = 1
///   y = x + e,   e ~ N(0, sigma^2/n I)                           input
///   y' = x + e',  e' ~ N(0, sigma'^2/n I)                        target; sigma' = 0: supervised
///
///   R(W) = E|W y - x|^2 = |(W - I) U|_F^2 / d + sigma^2/n |W|_F^2
///
/// Source: the model of figure 1 of Klug, Atik, Heckel, NeurIPS 2023.
struct SubspaceProblem {
  std::int64_t n = 100, d = 10;
  double sigma = 0.1;  ///< root of E|e|^2

  /// min R(W) = (sigma^2 d/n) / (1 + sigma^2 d/n), at W = shrinkage() U U^T.
  [[nodiscard]] double optimal_risk() const;
  [[nodiscard]] double shrinkage() const;

  /// (L1) E R of least squares over all W with N examples,
  /// R* + (R* + sigma'^2) n/(N - n - 1), for N >= n + 2; infinite for n <= N <= n + 1, NaN below.
  [[nodiscard]] double least_squares_risk(std::int64_t examples, double target_sigma) const;
  /// (L2) E R of least squares over W = A U^T: n replaced by d.
  [[nodiscard]] double subspace_risk(std::int64_t examples, double target_sigma) const;
  /// How many times the examples noisy targets need for the same excess risk, N large:
  /// 1 + sigma'^2/R*.
  [[nodiscard]] double extra_samples(double target_sigma) const;

  /// eps = sqrt(10 (d + sigma^2 n) log(n) / N): how far Y Y^T/N may be from its mean.
  [[nodiscard]] double concentration(std::int64_t examples) const;
  /// 1/(N (1 + eps)(1 + sigma^2)), below which gradient descent on |W Y - Y'|^2/2 is stable.
  [[nodiscard]] double step_size(std::int64_t examples) const;

  /// Errors: Error(kInternal) for 1 <= d <= n <= 4096 or sigma > 0 not kept.
  void check() const;
};

/// U (n, d), row-major: normals of the seed, made orthonormal column by column.
[[nodiscard]] std::vector<double> subspace_basis(const SubspaceProblem& problem, std::uint64_t seed);

/// R(W) for weights (n, n), row-major.
[[nodiscard]] double risk_of(const SubspaceProblem& problem, std::span<const double> basis,
                             std::span<const double> weights);

/// Mean gradient of |W y - y'|^2/2 in closed form, (n, n):
///   W S_y - E[y' y^T],   S_y = U U^T/d + sigma^2/n I,   E[y' y^T] = U U^T/d + coupling I/n
/// where coupling = E<e, e'>. It does not depend on sigma' itself: with coupling 0 it is the supervised
/// gradient, which is the whole of Noise2Noise; with any other it is not.
[[nodiscard]] std::vector<double> expected_gradient(const SubspaceProblem& problem,
                                                    std::span<const double> basis,
                                                    std::span<const double> weights, double coupling);

}  // namespace selfsame
