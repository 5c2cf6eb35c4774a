// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace selfsame {

struct ProgramResult {
  int exit_code = -1;  ///< -1 if a signal ended it
  int signal = 0;
  double cpu_seconds = 0;  ///< user and system
  std::string out, err;
};

/// Runs a program to its end and captures what it prints. Arguments are passed as they are, without a shell.
/// @param kill_after  seconds after which it is killed with SIGKILL; 0 = never
ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          double kill_after = 0);

/// The same, ended by a signal as soon as `due` says so; it is asked every millisecond.
ProgramResult run_program_until(const std::string& program, const std::vector<std::string>& arguments,
                                int signal, const std::function<bool()>& due);

/// The program under test: that of the build, or $SELFSAME_PROGRAM.
[[nodiscard]] std::string selfsame_binary();
inline ProgramResult selfsame_program(const std::vector<std::string>& arguments, double kill_after = 0) {
  return run_program(selfsame_binary(), arguments, kill_after);
}

}  // namespace selfsame
