// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/sample_results.hpp"
#include "engine/study/study_context.hpp"

namespace selfsame {

/// report.html: the answer in a sentence, figures, example images, training curves, tables of all points and
/// factors, how the runs ended, and how to reproduce it. One file that needs nothing else.
[[nodiscard]] std::string sample_report(const SampleResults& results, const SampleAnswer& answer,
                                        const StudyContext& context);

}  // namespace selfsame
