// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/files/json_text.hpp"

namespace selfsame {

/// metrics.jsonl: one JSON object per line, first key "step" (1-based). Every line is one write() to a file
/// opened for appending, so it survives a kill of the process; numbers read back as the same double, NaN and
/// infinity are null.
class MetricsWriter {
 public:
  /// Begins or continues the file. A resumed run calls truncate_metrics first.
  explicit MetricsWriter(std::filesystem::path path);
  ~MetricsWriter();
  MetricsWriter(const MetricsWriter&) = delete;
  MetricsWriter& operator=(const MetricsWriter&) = delete;

  /// Errors: Error(kIo). A line that fails half-way is cut off again, so that the file stays whole lines.
  void write(const JsonObject& line);
  /// {"step": step, "event": name, "wall": seconds since 1970}
  void event(std::string_view name, std::int64_t step);

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::string buffer_;
};

struct MetricsTruncation {
  std::int64_t kept = 0;     ///< lines
  std::int64_t removed = 0;  ///< whole lines of later steps
  std::int64_t damaged =
      0;  ///< lines that are no JSON object with an integer "step": the torn end of a killed run
};

/// Rewrites the file atomically with its lines of steps up to `last_step` in their order; lines of later
/// steps and damaged ones go. An absent file stays absent. Errors: Error(kIo), Error(kData) for a file that
/// cannot be read.
MetricsTruncation truncate_metrics(const std::filesystem::path& path, std::int64_t last_step);

}  // namespace selfsame
