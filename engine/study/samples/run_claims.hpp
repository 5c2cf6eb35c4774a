// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/run/process_identity.hpp"

/// How processes, also of several machines that share a folder, divide the runs of a study among themselves
/// without a coordinator: who works on run R holds the file DIR/claims/R.claim,
///
///   {"host":"node7","boot":"…","pid_namespace":"…","pid":4711,"start":81234,"token":"32 hex digits"}
///
/// linked to its name when it is complete, its time renewed while the work lasts, and removed at the end.
///
/// A claim is *stale*, and the run another's to take, if
///   - its process is one that this process can see (same machine, boot and PID namespace) and no longer
///     lives: a killed process is found out at once; or
///   - it was not renewed for `lifetime` of the file system's own clock: the clocks of the machines need not
///     agree. A file that is empty or damaged (its writer died over it) has no owner to ask, only an age.
///
/// Taking over is itself a claim (.R.takeover, by the same rules), under which the file is judged again and
/// removed only if it is the one that was judged: of processes that do so at once one wins.
///
/// What remains. A process that did not renew its claim for `lifetime` but lives (a stopped virtual machine)
/// goes on until its next refresh() tells it that the run is another's. And if a process is killed in the
/// microseconds of a takeover, the takeover of *that* is not guarded: a claim made just then may be moved
/// away for microseconds, during which a third process can make its own; the loser learns of it at its next
/// refresh(). In both cases a run is for a while computed twice. That costs time and nothing else: a run is a
/// function of its configuration and seed, and all of its files are renamed into place, complete, so that
/// both processes write the same.
///
/// A claim says nothing about whether a run is done. Look for its results after the claim was given, not only
/// before: another process may have finished in between.
namespace selfsame {

struct ClaimOptions {
  std::chrono::milliseconds lifetime{std::chrono::minutes(10)};  ///< without renewal, then it is stale
  std::chrono::milliseconds refresh_every{std::chrono::seconds(15)};
};

/// The right to work on a run, until it is destroyed. For one thread at a time. A forked child's copy does
/// nothing.
class Claim {
 public:
  Claim(Claim&& other) noexcept;
  Claim& operator=(Claim&&) = delete;
  ~Claim();

  /// Renews the claim; to be called often, it looks at the file every `refresh_every` only. False, from then
  /// on, if the run was taken over: the caller gives it up. A file that was removed by hand is made again. A
  /// file system that does not answer is no loss: the next call tries again.
  [[nodiscard]] bool refresh();

 private:
  friend class RunClaims;
  Claim(std::filesystem::path path, std::string content, std::chrono::milliseconds refresh_every);
  bool renew() const;

  std::filesystem::path path_;  ///< empty: moved from
  std::string content_;
  std::chrono::milliseconds refresh_every_;
  std::chrono::steady_clock::time_point renewed_;
  bool held_ = true;
  pid_t owner_;
};

class RunClaims {
 public:
  /// Creates study_folder/claims if needed. Errors: Error(kIo) naming the folder.
  explicit RunClaims(const std::filesystem::path& study_folder, ClaimOptions options = {});

  /// The claim on a run, or nullopt if another process (or this one) holds it.
  /// @param run  1 to 200 letters, digits, '.', '_' and '-', the first no '.'
  /// Errors:  Error(kIo) naming the file that cannot be created, read or removed; Error(kInternal) for
  ///          another name.
  [[nodiscard]] std::optional<Claim> try_claim(std::string_view run) const;

 private:
  [[nodiscard]] std::optional<Claim> create(const std::filesystem::path& path) const;
  /// The claim in place of a stale one, or of none; who races with others for it holds the guard.
  [[nodiscard]] std::optional<Claim> take_over(const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  ClaimOptions options_;
};

}  // namespace selfsame
