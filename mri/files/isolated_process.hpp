// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfsame {

struct IsolatedLimits {
  double seconds = 10;             ///< wall clock, from its start to its end
  std::uint64_t output_bytes = 0;  ///< more output than this is a failure
};

struct IsolatedResult {
  std::string failure;  ///< why there is no result ("crashed: Segmentation fault"), or empty
  std::string output;   ///< what it wrote to its standard output, if it did not fail
};

/// Runs a program to its end in a process of its own and returns what it wrote. Whatever it does - crash,
/// hang, close its output and sleep, write without end - the caller goes on after `seconds`, with the process
/// gone. Its standard input and error are /dev/null; it inherits no other descriptor of this program, no
/// blocked signals, and belongs to a process group of its own, so that Ctrl-C reaches the caller only.
///
/// The process is started with posix_spawn, which is safe in a program of many threads and needs no copy of
/// its page tables, and starts anew from a file: a child that goes on after fork() may only call
/// async-signal-safe functions, because another thread may have held the heap's lock.
///
/// Thread-safe. Never throws but std::bad_alloc.
[[nodiscard]] IsolatedResult run_isolated(const std::filesystem::path& program,
                                          const std::vector<std::string>& arguments,
                                          const IsolatedLimits& limits);

}  // namespace selfsame
