// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame::contract {

/// What a call reads besides tensors and parameters (origins, tables), in memory of the device that it runs
/// on. Copies share the memory, so that a call may hold one.
template <typename T>
class DeviceValues {
 public:
  explicit DeviceValues(std::vector<T> values) : state_(std::make_shared<State>()) {
    state_->values = std::move(values);
  }
  [[nodiscard]] const std::vector<T>& host() const { return state_->values; }
  /// The values on the stream's device, for as long as this object or a copy of it lives.
  [[nodiscard]] std::span<const T> on(Stream& stream) const {
    const std::vector<T>& values = state_->values;
    const Buffer& copy = state_->copies.emplace_back(values.size() * sizeof(T), stream.device());
    stream.upload(copy.data(), values.data(), values.size() * sizeof(T));
    return {copy.as<const T>(), values.size()};
  }

 private:
  struct State {
    std::vector<T> values;
    std::vector<Buffer> copies;
  };
  std::shared_ptr<State> state_;
};

}  // namespace selfsame::contract
