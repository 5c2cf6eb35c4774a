// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/subspace_results.hpp"

namespace selfsame {

/// report.html: what was found in a sentence, the double-descent figure with intervals and closed forms, the
/// extra-sample factors, and the table beside the paper's values where the problem is that of figure 1.
[[nodiscard]] std::string subspace_report(const SubspaceStudy& study, const StudyContext& context);

/// The answer of the study, for the report and the terminal.
[[nodiscard]] std::string subspace_answer(const SubspaceStudy& study);

}  // namespace selfsame
