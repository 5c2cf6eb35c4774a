// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/config/study_config.hpp"

namespace selfsame {

/// One training of a study.
struct PlannedRun {
  std::string id;  ///< of its files: "0-supervised-n20-s1"
  std::size_t method = 0, size = 0;
  std::int64_t seed = 0;
  TrainConfig config;
  std::string key;            ///< runs with equal keys can be lanes of one trainer
  std::string configuration;  ///< 16 hex digits: what its results depend on
};

/// All runs, in the order in which they are begun: by seed, then size, then method, so that a study that is
/// stopped early has few seeds of everything.
[[nodiscard]] std::vector<PlannedRun> plan_runs(const SampleStudyConfig& study, const StudyConfig& config);

}  // namespace selfsame
