// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/device/nvtx.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// Time per op, summed over calls. A stream that has one measures; the others pay a null test per op.
class OpProfile {
 public:
  struct Row {
    std::string_view name;  ///< "conv2d.forward"; of static storage
    double seconds = 0;
    std::int64_t calls = 0;
  };
  OpProfile() { rows_.reserve(64); }

  void add(std::string_view name, double seconds);
  void clear() { rows_.clear(); }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] double total() const;
  /// Seconds of the ops whose name begins with one of the prefixes.
  [[nodiscard]] double total_of(std::initializer_list<std::string_view> prefixes) const;

 private:
  std::vector<Row> rows_;
};

/// Opened by the public entry of every op: a range for profilers, and its time goes to the stream's profile.
/// On a GPU the queue is waited for before and after, so that the time is the op's own; a recording is not
/// timed, because nothing runs.
class OpRange {
 public:
  /// @param name  of static storage, with a terminating zero
  OpRange(Stream& stream, const char* name);
  /// Errors: Error(kDevice) of the op's kernels, if it waits.
  ~OpRange() noexcept(false);
  OpRange(const OpRange&) = delete;
  OpRange& operator=(const OpRange&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  void begin_timing();
  void end_timing();

  ProfilerRange range_;
  Stream& stream_;
  OpProfile* profile_;  // null: not timed
  const char* name_;
  int exceptions_ = 0;
  Clock::time_point start_;
};

inline OpRange::OpRange(Stream& stream, const char* name)
    : range_(name), stream_(stream), profile_(stream.profile()), name_(name) {
  if (profile_ != nullptr) {
    begin_timing();
  }
}

inline OpRange::~OpRange() noexcept(false) {
  if (profile_ != nullptr) {
    end_timing();
  }
}

}  // namespace selfsame
