// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfsame {

/// A named stretch of the host's work that nsys and ncu show (docs/profiling.md): NVTX of the CUDA toolkit.
/// Costs a few nanoseconds without a profiler, and nothing in a build without CUDA.
class ProfilerRange {
 public:
  /// @param name  with a terminating zero; copied by the profiler
  explicit ProfilerRange(const char* name);
  ~ProfilerRange();
  ProfilerRange(const ProfilerRange&) = delete;
  ProfilerRange& operator=(const ProfilerRange&) = delete;
};

}  // namespace selfsame
