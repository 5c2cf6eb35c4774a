// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "engine/config/study_config.hpp"

namespace selfsame {

/// The configuration in the folder of a study.
inline constexpr const char* kStudyFile = "study.json";

struct SampleStudyOptions {
  std::filesystem::path out;
  std::string invocation;
  bool resume = false;     ///< continue, or join other processes; begins where there is nothing
  bool overwrite = false;  ///< remove what an earlier study left in `out`
  bool check = false;      ///< print the schedule, and train nothing
  double max_seconds = 0;  ///< 0 = no limit
};

/// selfsame study of training sizes: schedule, runs, report. Returns the exit code.
int run_sample_study(const SampleStudyConfig& study, const StudyConfig& config,
                     const SampleStudyOptions& options);

/// The report, tables and answer of a study's folder, from the results that are there; trains nothing.
/// Returns the answer's text.
std::string write_sample_report(const std::filesystem::path& folder);

}  // namespace selfsame
