// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

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

/// Opened by the public entry of every op: its time goes to the stream's profile.
class OpRange {
 public:
  OpRange(Stream& stream, std::string_view name) : profile_(stream.profile()), name_(name) {
    if (profile_ != nullptr) {
      start_ = Clock::now();
    }
  }
  ~OpRange() {
    if (profile_ != nullptr) {
      profile_->add(name_, std::chrono::duration<double>(Clock::now() - start_).count());
    }
  }
  OpRange(const OpRange&) = delete;
  OpRange& operator=(const OpRange&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  OpProfile* profile_;
  std::string_view name_;
  Clock::time_point start_;
};

}  // namespace selfsame
