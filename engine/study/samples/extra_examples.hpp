// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/study/samples/risk_draws.hpp"
#include "engine/study/samples/sample_answer.hpp"

namespace selfsame {

/// The factors of extra examples of one method, by size, and over the sizes together.
struct ExtraFactors {
  std::vector<ExtraExamples> extras;  ///< by size; without sentences
  /// Geometric mean over the sizes of kValue (or kEstimate), and those of kMerged between them. A resample in
  /// which one of them leaves the first method's curve takes the curve's end there, which lies beyond that
  /// size's own interval.
  SampleInterval together;
};

/// @param examples     of the study, by size
/// @param first        risks of the first method: with the seeds that it shares, where the other has runs
/// @param other        likewise
/// @param significant  by size: the gap between them is
[[nodiscard]] ExtraFactors extra_factors(const std::vector<std::int64_t>& examples, const RiskDraws& first,
                                         const RiskDraws& other, const std::vector<bool>& significant,
                                         std::size_t resamples);

}  // namespace selfsame
