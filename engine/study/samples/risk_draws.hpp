// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/study/samples/resampling.hpp"

namespace selfsame {

/// A method's risk against the number of examples, and what it might have been.
///
///   ln R* = ln R + shift / R,   shift as `Resampling` has it for the mean risk R
///
/// Relative: so an image that is hard for all methods and sizes moves no ratio of risks, and R* stays above
/// 0.
struct RiskDraws {
  std::vector<std::size_t> sizes;  ///< indices of those that take part, rising
  std::vector<double> logs;        ///< ln R of these
  std::vector<double> weights;     ///< seeds of these
  std::vector<double> resampled;   ///< ln R*, (resamples, sizes)
  bool repeated = false;           ///< two seeds or more at each of them: `resampled` has both its parts

  [[nodiscard]] const double* row(std::size_t resample) const { return &resampled[resample * sizes.size()]; }
  /// Its place in `sizes`, or sizes.size().
  [[nodiscard]] std::size_t place(std::size_t size) const;
  /// ln R(first of sizes) - ln R(last of sizes).
  [[nodiscard]] SampleInterval fall(std::size_t resamples) const;
  /// The fall is above 0, by its interval where there is one.
  [[nodiscard]] bool falls(std::size_t resamples) const;
};

/// @param cells  by size. Sizes without seeds are left out; so are those of a single seed if another has
/// more,
///               because nothing tells how far that seed is from the mean.
[[nodiscard]] RiskDraws draw_risks(const std::vector<ScoreCell>& cells, const Resampling& resampling);

/// Cells of the risk of `method` by size, with the seeds that it shares with `other`, or its own where
/// `other` has none.
[[nodiscard]] std::vector<ScoreCell> risk_cells(const ScoreTable& table, std::size_t method,
                                                std::size_t other, std::size_t sizes);

}  // namespace selfsame
