// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace selfsame {

/// Draws of a vector, one per row.
struct SketchRows {
  const float* values = nullptr;
  std::int64_t draws = 0, stride = 0;
  int dimensions = 0;
};

/// The most rows that the two functions below use, the first ones: more cost time and add little.
inline constexpr std::int64_t kMostSpectrumRows = 2048;

/// Unbiased estimate of tr S^2, S the covariance of the rows: with e_i = (row 2i - row 2i+1) / sqrt(2),
/// independent with mean 0 whatever the mean of the rows, the mean of <e_i, e_j>^2 over i < j. Errors:
/// Error(kInternal) for fewer than 4 draws. Cost:   (draws / 2)^2 * dimensions flops.
[[nodiscard]] double trace_of_squared_covariance(const SketchRows& rows);

/// The largest eigenvalue of the sample covariance, by power iteration to 1e-3. It is above that of S on
/// average. Errors: Error(kInternal) for fewer than 2 draws.
[[nodiscard]] double largest_eigenvalue_of_covariance(const SketchRows& rows);

}  // namespace selfsame
