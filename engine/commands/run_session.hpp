// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "engine/run/run_folder.hpp"

namespace selfsame {

/// Steps first to last - 1; empty with last = 0.
struct StepRange {
  std::int64_t first = 0, last = 0;
};

struct SessionOptions {
  RunMode mode = RunMode::kFresh;
  std::string invocation;
  std::vector<std::filesystem::path> config_files;
  std::vector<std::string> overrides;
  double max_seconds = 0;  ///< 0 = no limit
  StepRange profile;       ///< what a waiting profiler records
};

/// One session of a run, from the lock on its folder to its DONE, STOPPED or FAILED marker: logs, metrics,
/// progress, signals, checkpoints, report. Returns the process's exit code; errors are thrown after the
/// marker is written.
int run_session(const TrainConfig& config, const std::filesystem::path& out, const SessionOptions& options);

}  // namespace selfsame
