// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <source_location>

namespace selfsame {

/// How a kernel is started: blocks in the grid, threads in a block, dynamic shared memory.
struct LaunchShape {
  struct Size {
    std::int64_t x = 1, y = 1, z = 1;
    [[nodiscard]] std::int64_t count() const { return x * y * z; }
  };
  Size grid, block;
  std::size_t shared_bytes = 0;
};

/// A kernel's name for messages, with the place of the launch.
struct LaunchName {
  const char* name;
  std::source_location where;
  LaunchName(const char* kernel,  // NOLINT(google-explicit-constructor): a call site writes a literal
             std::source_location at = std::source_location::current())
      : name(kernel), where(at) {}
};

/// Limits of sm_80 and newer: 1024 threads, 64 in z; 2^31 - 1 blocks in x, 65535 in y and z; 227 KiB of
/// shared memory (sm_80: 163 KiB, which the device itself checks). Errors: Error(kInternal) that names
/// kernel, file, line and value.
void check_launch(const LaunchName& name, const LaunchShape& shape);

/// Blocks of `threads` that cover `count`.
[[nodiscard]] constexpr std::int64_t blocks_for(std::int64_t count, std::int64_t threads) {
  return (count + threads - 1) / threads;
}

}  // namespace selfsame
