// SPDX-License-Identifier: Apache-2.0
#include "engine/run/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <random>
#include <system_error>
#include <vector>

#include "engine/files/json_text.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLockName = ".lock";
constexpr std::array kOutcomes{RunOutcome::kDone, RunOutcome::kStopped, RunOutcome::kFailed};
constexpr std::uint64_t kTextLimit = std::uint64_t{1} << 20;

void remove_marker(const fs::path& folder, RunOutcome outcome) {
  std::error_code error;
  const fs::path path = folder / marker_name(outcome);
  fs::remove(path, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be removed: {}", path.string(), error.message());
  }
}

/// True for the names that a run writes at the top of its folder.
bool is_run_file(const std::string& name) {
  static constexpr std::array<std::string_view, 11> kNames{
      "config.input.json", "config.json", "command.txt", "overrides.txt", "env.json", "metrics.jsonl",
      "log.txt",           "report.html", "DONE",        "STOPPED",       "FAILED"};
  for (const std::string_view known : kNames) {
    if (name == known) {
      return true;
    }
  }
  return name.starts_with("events.out.tfevents.");
}

/// The files of an earlier run in the folder; other files are not among them.
std::vector<fs::path> run_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_run_file(entry.path().filename().string())) {
      files.push_back(entry.path());
    }
  }
  const std::array<std::pair<const char*, const char*>, 3> below{
      {{"checkpoints", ".safetensors"}, {"samples", ".png"}, {"samples", ".json"}}};
  for (const auto& [sub, extension] : below) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder / sub, absent)) {
      if (entry.path().extension() == extension) {
        files.push_back(entry.path());
      }
    }
  }
  return files;
}

bool holds_checkpoint(const fs::path& folder) {
  return fs::exists(folder / "checkpoints" / "last.safetensors") ||
         fs::exists(folder / "checkpoints" / "last.previous.safetensors");
}

/// True for the temporaries of an AtomicFile, which a killed process leaves.
bool is_temporary(const std::string& name) {
  return name.starts_with('.') && name.find(".tmp.") != std::string::npos;
}

/// Temporaries, and the folders of a run without any file, are nothing: all that is left of a run that was
/// killed before it wrote its first file.
bool holds_nothing(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool of_a_run = (name == "checkpoints" || name == "samples") && entry.is_directory();
    if (name != kLockName && !is_temporary(name) && !(of_a_run && holds_nothing(entry.path()))) {
      return false;
    }
  }
  return true;
}

}  // namespace

const char* marker_name(RunOutcome outcome) {
  return outcome == RunOutcome::kDone ? "DONE" : outcome == RunOutcome::kStopped ? "STOPPED" : "FAILED";
}

RunFolder::RunFolder(fs::path path, RunMode mode) : path_(std::move(path)) {
  try {
    if (mode == RunMode::kResume && !fs::is_directory(path_)) {
      fail(ErrorKind::kUsage, "{}: there is no run to resume", path_.string());
    }
    fs::create_directories(path_);
    lock();
    check(mode);
    for (const RunOutcome outcome : kOutcomes) {
      remove_marker(path_, outcome);
    }
    remove_stale_temporaries(path_);
  } catch (const fs::filesystem_error& e) {
    if (lock_fd_ >= 0) {
      ::close(lock_fd_);
    }
    fail(ErrorKind::kIo, "{}: {}", path_.string(), e.code().message());
  } catch (...) {
    if (lock_fd_ >= 0) {
      ::close(lock_fd_);
    }
    throw;
  }
}

RunFolder::~RunFolder() { ::close(lock_fd_); }

void RunFolder::lock() {
  const fs::path path = path_ / kLockName;
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_fd_ < 0) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", path.string(), std::system_category().message(errno));
  }
  while (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      std::string owner(32, '\0');
      const ssize_t n = ::pread(lock_fd_, owner.data(), owner.size(), 0);
      owner.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      fail(ErrorKind::kUsage, "{}: in use by process {}", path_.string(), owner.empty() ? "unknown" : owner);
    }
    if (errno != EINTR) {
      fail(ErrorKind::kIo, "{}: flock failed: {}", path.string(), std::system_category().message(errno));
    }
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_fd_, 0) != 0) {
    fail(ErrorKind::kIo, "{}: cannot be written: {}", path.string(), std::system_category().message(errno));
  }
  write_fully(lock_fd_, std::as_bytes(std::span(pid)), path);
}

void RunFolder::check(RunMode mode) {
  const bool has_checkpoint = holds_checkpoint(path_);
  const bool empty = holds_nothing(path_);
  resumes_ = has_checkpoint && (mode == RunMode::kResume || mode == RunMode::kAuto);
  if (resumes_) {
    return;
  }
  if (mode == RunMode::kResume) {
    fail(ErrorKind::kUsage, "{}: there is no checkpoint to resume from", path_.string());
  }
  if (mode == RunMode::kFresh && !empty) {
    fail(ErrorKind::kUsage,
         "{}: the folder is not empty; use --resume to continue the run there, --overwrite to "
         "replace it, or another folder",
         path_.string());
  }
  if (!empty) {
    // kAuto comes here for a run that was killed before its first checkpoint.
    const std::vector<fs::path> files = run_files(path_);
    if (files.empty()) {
      fail(ErrorKind::kUsage, "{}: the folder holds files but no run; nothing was removed", path_.string());
    }
    for (const fs::path& file : files) {
      fs::remove(file);
    }
  }
}

void RunFolder::write(const std::string& name, std::string_view content) const {
  write_file_atomically(path_ / name, content);
}

void RunFolder::add_command(std::string_view line) const {
  const fs::path path = path_ / "command.txt";
  std::string text = fs::exists(path) ? read_file(path, kTextLimit) : "";
  text += line;
  text += '\n';
  write_file_atomically(path, text);
}

void RunFolder::finish(RunOutcome outcome, std::string_view reason, std::int64_t step, int exit_code) const {
  write(marker_name(outcome),
        JsonObject().add("reason", reason).add("step", step).add("exit_code", exit_code).text() + "\n");
  for (const RunOutcome other : kOutcomes) {
    if (other != outcome) {
      remove_marker(path_, other);
    }
  }
}

fs::path default_run_path(const fs::path& parent, std::string_view name) {
  std::string clean;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    clean += plain ? c : '-';
  }
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
  std::random_device random;
  for (;;) {
    const fs::path path =
        parent / fmt::format("{}-{}-{:04x}", clean.empty() ? "run" : clean, stamp, random() & 0xFFFFu);
    if (!fs::exists(path)) {
      return path;
    }
  }
}

std::string shell_command(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool plain = !argument.empty() &&
                       argument.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%") ==
                           std::string_view::npos;
    line += i > 0 ? " " : "";
    if (plain) {
      line += argument;
      continue;
    }
    line += '\'';
    for (const char c : argument) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace selfsame
