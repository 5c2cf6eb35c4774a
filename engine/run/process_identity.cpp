// SPDX-License-Identifier: Apache-2.0
#include "engine/run/process_identity.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

namespace selfsame {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

struct ProcessStat {
  char state = '?';
  std::uint64_t start = 0;
};

/// Fields 3 and 22 of /proc/PID/stat. Field 2 is the program's name in parentheses, with any characters.
std::optional<ProcessStat> read_stat(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStat stat;
  fields >> stat.state;
  constexpr int kBetween = 18;  // fields 4 to 21
  std::string skipped;
  for (int i = 0; i < kBetween; ++i) {
    fields >> skipped;
  }
  fields >> stat.start;
  return fields ? std::optional(stat) : std::nullopt;
}

}  // namespace

ProcessIdentity this_process() {
  ProcessIdentity process;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) {
    process.host = name.data();
  }
  process.boot = first_line("/proc/sys/kernel/random/boot_id");
  std::error_code unknown;
  process.pid_namespace = std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
  process.pid = ::getpid();
  const std::optional<ProcessStat> stat = read_stat(process.pid);
  process.start = stat ? stat->start : 0;
  return process;
}

bool sees(const ProcessIdentity& mine, const ProcessIdentity& other) {
  return !mine.host.empty() && !mine.boot.empty() && !mine.pid_namespace.empty() && mine.host == other.host &&
         mine.boot == other.boot && mine.pid_namespace == other.pid_namespace;
}

bool is_alive(const ProcessIdentity& process) {
  if (process.pid <= 0 || (::kill(process.pid, 0) != 0 && errno == ESRCH)) {
    return false;
  }
  const std::optional<ProcessStat> stat = read_stat(process.pid);
  if (!stat) {
    // It ended between the two questions, or /proc hides the processes of other users.
    return ::kill(process.pid, 0) == 0 || errno != ESRCH;
  }
  const bool ended = stat->state == 'Z' || stat->state == 'X';
  return !ended && (process.start == 0 || stat->start == process.start);
}

}  // namespace selfsame
