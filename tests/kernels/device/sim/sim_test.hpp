// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/stream.hpp"

// Device memory with values, for the tests of the simulated device.

namespace selfsame {

/// An array of the simulated device.
template <typename T>
class DeviceArray {
 public:
  DeviceArray(Stream& stream, const std::vector<T>& values)
      : stream_(stream), count_(values.size()), buffer_(count_ * sizeof(T), stream.device()) {
    stream.upload(buffer_.data(), values.data(), count_ * sizeof(T));
    stream.synchronize();
  }
  DeviceArray(Stream& stream, std::size_t count)
      : stream_(stream), count_(count), buffer_(count * sizeof(T), stream.device()) {}
  [[nodiscard]] T* data() const { return buffer_.as<T>(); }
  [[nodiscard]] std::vector<T> values() const {
    std::vector<T> values(count_);
    stream_.download(values.data(), buffer_.data(), count_ * sizeof(T));
    stream_.synchronize();
    return values;
  }

 private:
  Stream& stream_;
  std::size_t count_;
  Buffer buffer_;
};

/// What the action throws, or empty.
template <typename Action>
[[nodiscard]] std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// 0, 1, 2, ...
[[nodiscard]] inline std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i);
  }
  return values;
}

}  // namespace selfsame
