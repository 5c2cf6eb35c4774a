// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/op_range.hpp"

#include <exception>

namespace selfsame {

void OpProfile::add(std::string_view name, double seconds) {
  for (Row& row : rows_) {
    if (row.name == name) {
      row.seconds += seconds;
      ++row.calls;
      return;
    }
  }
  rows_.push_back({name, seconds, 1});
}

double OpProfile::total() const {
  double sum = 0;
  for (const Row& row : rows_) {
    sum += row.seconds;
  }
  return sum;
}

double OpProfile::total_of(std::initializer_list<std::string_view> prefixes) const {
  double sum = 0;
  for (const Row& row : rows_) {
    for (const std::string_view prefix : prefixes) {
      if (row.name.starts_with(prefix)) {
        sum += row.seconds;
        break;
      }
    }
  }
  return sum;
}

void OpRange::begin_timing() {
  if (stream_.device() != DeviceKind::kCpu) {
    if (stream_.queue().capturing()) {
      profile_ = nullptr;
      return;
    }
    stream_.synchronize();
  }
  exceptions_ = std::uncaught_exceptions();
  start_ = Clock::now();
}

void OpRange::end_timing() {
  if (std::uncaught_exceptions() > exceptions_) {
    return;  // the op failed; waiting could throw a second time
  }
  if (stream_.device() != DeviceKind::kCpu) {
    stream_.synchronize();
  }
  profile_->add(name_, std::chrono::duration<double>(Clock::now() - start_).count());
}

}  // namespace selfsame
