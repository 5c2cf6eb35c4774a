// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace selfsame {

/// One quantity of metrics.jsonl over the steps at which it was written.
struct MetricSeries {
  std::vector<double> step, value;  ///< equally long; null is NaN
};

struct BestValue {
  std::int64_t step = 0;
  double value = 0;
};

/// What a run folder says about its run, as read back for a report. Absent or damaged files leave their part
/// empty.
struct RunRecord {
  std::filesystem::path path;
  std::string name;                                         ///< the config's "name", or the folder's
  std::map<std::string, MetricSeries> metrics;              ///< numbers of all lines, except step and wall
  std::vector<std::pair<std::string, std::string>> config;  ///< "data.train.type" -> "folder"
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> commands;
  std::string outcome = "unfinished";  ///< done, stopped, failed
  std::string reason;
  std::int64_t last_step = 0;
  int damaged_lines = 0;

  [[nodiscard]] std::string config_value(std::string_view key) const;  ///< empty if absent
};

/// Reads DIR/{metrics.jsonl, config.json, env.json, command.txt, DONE|STOPPED|FAILED}.
/// Errors: Error(kData) if the folder has neither metrics nor a config.
[[nodiscard]] RunRecord read_run(const std::filesystem::path& folder);

/// True for quantities of which more is better: their name contains psnr or ssim.
[[nodiscard]] bool larger_is_better(std::string_view metric);

/// The best finite value; step 0 if there is none. NaN never wins.
[[nodiscard]] BestValue best_of(const MetricSeries& series, bool larger);

/// The name of the validation quantity that the report leads with: the config's "validation.metric" among the
/// names that begin with "val", else one with psnr, else any such name, else "loss", else empty.
[[nodiscard]] std::string leading_metric(const RunRecord& run);

}  // namespace selfsame
