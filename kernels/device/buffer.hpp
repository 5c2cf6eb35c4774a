// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/device/device.hpp"

namespace selfsame {

/// Owns bytes on a 64-byte boundary, of the host or of a device; only the host's may be dereferenced outside
/// kernels. Move-only; fresh memory is zero. Errors: throws Error(kDevice) that states device and size when
/// the memory cannot be had.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes, DeviceKind device = DeviceKind::kCpu) : Buffer(bytes, device, false) {}
  /// Host memory for copies to and from the device.
  static Buffer staging(std::size_t bytes, DeviceKind device) { return {bytes, device, true}; }
  ~Buffer();
  Buffer(Buffer&& o) noexcept { swap(o); }
  Buffer& operator=(Buffer&& o) noexcept {
    swap(o);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] std::byte* data() const { return data_; }
  template <typename T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data_);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] DeviceKind device() const { return device_; }

  /// Bytes now held by all buffers of the process, the most ever held, and the number of allocations so far:
  /// a training step asserts that the last does not change.
  struct Usage {
    std::size_t current, peak;
    std::uint64_t allocations;
  };
  static Usage usage();

 private:
  Buffer(std::size_t bytes, DeviceKind device, bool staging);
  void swap(Buffer& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(bytes_, o.bytes_);
    std::swap(device_, o.device_);
    std::swap(staging_, o.staging_);
  }

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  DeviceKind device_ = DeviceKind::kCpu;
  bool staging_ = false;
};

}  // namespace selfsame
