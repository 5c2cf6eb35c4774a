// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "engine/study/samples/risk_draws.hpp"
#include "engine/study/samples/sample_answer.hpp"

namespace selfsame {

/// The law of one method, from 4 sizes on, with intervals by refitting every resample.
/// @param examples  of the study, by size
[[nodiscard]] SampleLaw law_of(const std::vector<std::int64_t>& examples, const RiskDraws& draws,
                               std::size_t resamples);

/// The law of all methods together: the first with 4 sizes, others with 3 or more (fewer: they do not take
/// part).
/// @param offset  as AnswerOptions has it
[[nodiscard]] SampleJointLaw joint_law_of(const std::vector<std::int64_t>& examples,
                                          const std::vector<RiskDraws>& methods, std::size_t resamples,
                                          double offset);

}  // namespace selfsame
