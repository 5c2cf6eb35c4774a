// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/study/samples/sample_plan.hpp"
#include "engine/study/samples/sample_results.hpp"

namespace selfsame {

/// The files of a study of training sizes:
///
///   study.json                  its configuration
///   runs/ID/config.json         that of a run: `selfsame train --config` repeats it with the same bits
///   runs/ID/checkpoints/        of a run that is going on, and the best weights of one that is done
///   runs/ID/curve.jsonl         validations of a run that is going on
///   runs/ID/result.json         what a run found; a run that has it is done
///   claims/                     who works on what (run_claims.hpp)
///   variance.json pictures/     what is measured once all runs are done
///
/// Everything is renamed into place, and no file holds a clock, a machine or a process, so that a study has
/// the same bytes however often it was interrupted and whoever worked on it.
class SampleStore {
 public:
  explicit SampleStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path run_folder(const PlannedRun& run) const;

  [[nodiscard]] bool done(const PlannedRun& run) const;
  /// Begins the folder of a run, or checks the one that is there.
  /// Errors: those of check().
  void prepare(const PlannedRun& run) const;
  /// That the folder of a run, if there is one, is of the same configuration but for what no result depends
  /// on: threads, device, intervals of checkpoints and logging.
  /// Errors: Error(kUsage) naming the file of another configuration.
  void check(const PlannedRun& run) const;
  /// Errors: Error(kIo).
  void save(const PlannedRun& run, const SampleRun& result, const std::vector<std::string>& images) const;
  /// The result and, in `images`, the names of the test images; nothing for a run that is not done.
  /// Errors: Error(kData) for a damaged file, Error(kUsage) for one of another configuration.
  [[nodiscard]] std::optional<SampleRun> load(const PlannedRun& run, std::vector<std::string>& images) const;

  /// Lines {"step", "loss", "validation"} of a run that is going on (metrics_writer.hpp).
  [[nodiscard]] std::filesystem::path curve_path(const PlannedRun& run) const;
  [[nodiscard]] std::vector<SampleCurvePoint> curve(const PlannedRun& run) const;

  /// What is known so far. Errors: those of load().
  [[nodiscard]] SampleResults results(const SampleStudyConfig& study, const std::string& name,
                                      const std::vector<PlannedRun>& runs) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace selfsame
