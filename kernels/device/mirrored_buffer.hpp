// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/buffer.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// Memory of a device with a copy on the host, for what files and callers read and write: weights, optimiser
/// state, the requests and results of a step. On the CPU the two are one and nothing is ever copied.
class MirroredBuffer {
 public:
  MirroredBuffer() = default;
  MirroredBuffer(std::size_t bytes, DeviceKind device)
      : device_(bytes, device),
        host_(device == DeviceKind::kCpu ? Buffer() : Buffer::staging(bytes, device)) {}

  [[nodiscard]] std::size_t bytes() const { return device_.bytes(); }
  /// For ops: memory of the device.
  template <typename T>
  [[nodiscard]] T* device() const {
    return device_.as<T>();
  }
  /// For everybody else. Current after to_host() and Stream::synchronize().
  template <typename T>
  [[nodiscard]] T* host() const {
    return is_one() ? device_.as<T>() : host_.as<T>();
  }
  void to_device(Stream& stream) const {
    if (!is_one()) {
      stream.upload(device_.data(), host_.data(), bytes());
    }
  }
  void to_host(Stream& stream) const {
    if (!is_one()) {
      stream.download(host_.data(), device_.data(), bytes());
    }
  }

 private:
  [[nodiscard]] bool is_one() const { return device_.device() == DeviceKind::kCpu; }
  Buffer device_, host_;
};

}  // namespace selfsame
