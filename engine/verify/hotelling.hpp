// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace selfsame {

/// Test of "the mean is zero" for n vectors of dimension p.
struct HotellingResult {
  double t_squared = 0;    ///< n mean' S^-1 mean, S the sample covariance
  double f = 0;            ///< t_squared (n - r) / (r (n - 1)), F(r, n - r) under Gaussian draws
  int dimensions = 0;      ///< r: what is left of p without constant and collinear components
  std::int64_t draws = 0;  ///< n
  double p_value = 1;
};

/// Mean and covariance of the rows of a matrix.
struct SampleMoments {
  std::int64_t draws = 0;
  int dimensions = 0;
  std::vector<double> mean;        // (dimensions)
  std::vector<double> covariance;  // (dimensions, dimensions), divided by draws - 1
};
/// @param rows  (draws, dimensions), draws >= 2
[[nodiscard]] SampleMoments sample_moments(std::span<const double> rows, int dimensions);

/// A covariance as correlations, L L' with L lower triangular after pivoting. Components whose variance is
/// zero, or explained by those before to 1e-10, are left out.
class PivotedCholesky {
 public:
  PivotedCholesky(std::span<const double> covariance, int dimensions);
  [[nodiscard]] int rank() const { return static_cast<int>(order_.size()); }
  /// v' S^-1 v over the components that are kept.
  [[nodiscard]] double inverse_form(std::span<const double> v) const;

 private:
  int dimensions_;
  std::vector<int> order_;
  std::vector<double> factor_;     // (rank, rank)
  std::vector<double> deviation_;  // (dimensions)
};

/// Hotelling's T^2 test. A component that never varies decides alone: p = 0 if it is not 0, else it is left
/// out. With nothing left, p = 1. Errors:  Error(kInternal) unless draws > dimensions. Exact:   for Gaussian
/// draws; else as draws grow. Source:  Hotelling 1931; Anderson, An Introduction to Multivariate Statistical
/// Analysis, 5.2.
[[nodiscard]] HotellingResult hotelling(const SampleMoments& moments);

}  // namespace selfsame
