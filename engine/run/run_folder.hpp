// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace selfsame {

enum class RunMode {
  kFresh,      ///< the folder must be absent or empty
  kOverwrite,  ///< files of an earlier run there are removed first
  kResume,     ///< the folder must hold a run with a checkpoint
  kAuto,       ///< resume if there is a checkpoint, otherwise begin (a requeued job)
};

enum class RunOutcome { kDone, kStopped, kFailed };

/// The folder of one run, locked against every other process:
///
///   config.input.json config.json command.txt overrides.txt env.json metrics.jsonl events.out.tfevents.*
///   log.txt report.html checkpoints/ samples/ and, at the end, one of DONE, STOPPED, FAILED
///
/// Nothing is written outside it. The lock is an flock on DIR/.lock and ends with the process, however it
/// ends.
class RunFolder {
 public:
  /// Creates the folder if needed, locks it, checks it against the mode, removes the marker of an earlier end
  /// and the temporaries of dead processes. Errors: Error(kUsage) if another process has the lock (its PID is
  /// named), the folder is not empty (kFresh), is not
  ///         a run folder (kOverwrite) or has nothing to resume (kResume); Error(kIo) if it cannot be
  ///         created.
  RunFolder(std::filesystem::path path, RunMode mode);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool resumes() const { return resumes_; }  ///< settles kAuto

  /// Writes a text file of the folder atomically.
  void write(const std::string& name, std::string_view content) const;
  /// Adds a line to command.txt; a resumed run keeps the earlier commands.
  void add_command(std::string_view line) const;
  /// Writes DONE, STOPPED or FAILED: {"reason", "step", "exit_code"}; any other marker is removed.
  void finish(RunOutcome outcome, std::string_view reason, std::int64_t step, int exit_code) const;

 private:
  void lock();
  void check(RunMode mode);

  std::filesystem::path path_;
  int lock_fd_ = -1;
  bool resumes_ = false;
};

/// A new folder name below `parent`: NAME-YYYYmmdd-HHMMSS-xxxx, local time and four random hexadecimal
/// digits. Characters of the name other than letters, digits, '.', '_' and '-' become '-'.
[[nodiscard]] std::filesystem::path default_run_path(const std::filesystem::path& parent,
                                                     std::string_view name);

/// "DONE", "STOPPED" or "FAILED".
[[nodiscard]] const char* marker_name(RunOutcome outcome);

/// The command line as it can be pasted into a shell: arguments quoted where needed.
[[nodiscard]] std::string shell_command(int argc, const char* const* argv);

}  // namespace selfsame
