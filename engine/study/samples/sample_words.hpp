// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/score_table.hpp"

namespace selfsame {

/// What one factor of extra examples says, as a sentence.
[[nodiscard]] std::string extra_sentence(const SampleResults& results, const ExtraExamples& extra);

/// "For the risk of supervised training, noise2noise needs 2.1 [1.7, 2.9] times as many examples (measured
/// with 20 to 80 of its own); with 160 or more the two cannot be told apart."
/// @param answer  with everything but words
[[nodiscard]] std::string answer_sentence(const SampleResults& results, const SampleAnswer& answer);

/// What cannot be said, and why.
[[nodiscard]] std::vector<std::string> answer_notes(const SampleResults& results, const ScoreTable& table,
                                                    const SampleAnswer& answer);

}  // namespace selfsame
