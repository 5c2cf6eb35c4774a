// SPDX-License-Identifier: Apache-2.0
#include "tests/support/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void become(const std::string& out, const std::string& err, char* const* argv) {
  const int o = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int e = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (o >= 0 && e >= 0 && ::dup2(o, STDOUT_FILENO) >= 0 && ::dup2(e, STDERR_FILENO) >= 0) {
    ::execv(argv[0], argv);
  }
  ::_exit(127);
}

}  // namespace

std::string selfsame_binary() {
  const char* moved = std::getenv("SELFSAME_PROGRAM");
  return moved != nullptr ? moved : SELFSAME_BINARY;
}

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          double kill_after) {
  const auto started = std::chrono::steady_clock::now();
  const auto due = [&] {
    return std::chrono::steady_clock::now() - started >= std::chrono::duration<double>(kill_after);
  };
  return run_program_until(program, arguments, SIGKILL, kill_after > 0 ? due : std::function<bool()>());
}

ProgramResult run_program_until(const std::string& program, const std::vector<std::string>& arguments,
                                int signal, const std::function<bool()>& due) {
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    become(out, err, argv.data());
  }
  ProgramResult result;
  int status = 0;
  struct rusage usage {};
  while (child > 0 && ::wait4(child, &status, due ? WNOHANG : 0, &usage) == 0) {
    if (due()) {
      ::kill(child, signal);
      ::wait4(child, &status, 0, &usage);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  result.exit_code = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  result.out = content(out);
  result.err = content(err);
  return result;
}

}  // namespace selfsame
