// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/study_context.hpp"
#include "engine/study/subspace_study.hpp"

namespace selfsame {

/// Today in UTC, "YYYY-MM-DD".
[[nodiscard]] std::string utc_date();

/// results.json: problem, points, factors (by theory and fitted), checks, and a summary of how far the means
/// are from the closed forms. Numbers that do not exist are null.
[[nodiscard]] std::string subspace_json(const SubspaceStudy& study, const StudyContext& context);

/// results.csv: a header and a line per number of examples and level.
[[nodiscard]] std::string subspace_csv(const SubspaceStudy& study);

/// How far means are from closed forms, over all points where these apply.
struct ClosedFormSummary {
  std::int64_t points = 0, within = 0;  ///< within 3 standard errors
  double largest = 0;                   ///< |deviation| in standard errors
  std::int64_t largest_examples = 0;
  double largest_sigma = 0;
};
/// (L1): least squares, N >= n + 2. (L2): least squares on the subspace, N >= d + 2.
[[nodiscard]] ClosedFormSummary summarise_converged(const SubspaceStudy& study);
[[nodiscard]] ClosedFormSummary summarise_restricted(const SubspaceStudy& study);

/// How close early stopping is to (L2) where N >= 2d: smallest and largest ratio of the mean risk to it.
struct EarlyStoppingSummary {
  double lowest_ratio = 0, highest_ratio = 0;
  std::int64_t lowest_examples = 0, highest_examples = 0;
  double lowest_sigma = 0, highest_sigma = 0;
};
[[nodiscard]] EarlyStoppingSummary summarise_early(const SubspaceStudy& study);

/// The largest |difference| between gradient descent by steps and its closed form, relative to the risk.
[[nodiscard]] double largest_step_difference(const SubspaceStudy& study);

}  // namespace selfsame
