// SPDX-License-Identifier: Apache-2.0
#pragma once
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

#ifdef SELFSAME_BINARY
/// The program under test.
inline ProgramResult selfsame_program(const std::vector<std::string>& arguments, double kill_after = 0) {
  return run_program(SELFSAME_BINARY, arguments, kill_after);
}
#endif

}  // namespace selfsame
