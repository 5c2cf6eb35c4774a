// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/verify/draw_statistics.hpp"

namespace selfsame {

/// Size of the bias b = E d relative to the supervised gradient g = E g_sup: what is needed to bound it.
///
///   U = (M |mean d|^2 - mean |d|^2) / (M - 1)    unbiased for |b|^2;  N likewise for |g|^2
///   Var U = 4 b' S b / M + 2 tr S^2 / (M (M - 1)),  S = Cov d
struct BiasEstimate {
  std::int64_t draws = 0;
  double bias_squared = 0;          ///< U; may be negative
  double gradient_squared = 0;      ///< N
  double gradient_deviation = 0;    ///< standard deviation of N
  double largest_variance = 0;      ///< of d in any direction, the largest eigenvalue of S
  double trace_squared = 0;         ///< tr S^2
  double relative = 0;              ///< sqrt(max(0, U) / N)
  double scale = 1;                 ///< c that minimises |E g_ss - c E g_sup|
  double relative_up_to_scale = 0;  ///< |E g_ss - c E g_sup| / |E g_sup| at that c

  /// r with P(relative bias <= r) >= confidence: the largest r with
  ///   r^2 (N - z s_N) - max(U, 0) <= z sqrt(4 r^2 N largest_variance / M + 2 tr S^2 / (M (M - 1)))
  /// z the Student t quantile. Cautious: any direction of b could be that of the largest variance, U and N
  /// could err together, and U < 0 does not narrow it. Infinite while N is not safely above 0.
  [[nodiscard]] double upper_bound(double confidence = 0.95) const;
  /// r with P(relative bias >= r) >= confidence, in the same way; 0 where nothing contradicts it. Large U are
  /// more frequent than a normal distribution says, so z is a quantile of chi-squared with tr S^2 /
  /// largest_variance^2 degrees of freedom, standardised: the skewest that these two numbers allow.
  [[nodiscard]] double lower_bound(double confidence = 0.95) const;
};

/// All parameters.
[[nodiscard]] BiasEstimate estimate_bias(const DrawStatistics& statistics);
/// One tensor. Largest variance and trace come from fewer numbers than for the whole and are less certain.
[[nodiscard]] BiasEstimate estimate_layer_bias(const DrawStatistics& statistics, int layer);

/// <g of a draw, mean g> of every draw, g the supervised or the self-supervised gradient: exact up to <g,
/// mean g - p>, which is taken from the sketches.
[[nodiscard]] std::vector<double> products_with_mean(const DrawStatistics& statistics, bool self_supervised);

}  // namespace selfsame
