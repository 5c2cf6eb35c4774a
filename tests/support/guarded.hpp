// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame::contract {

/// Bytes between two guard bands of a fixed pattern: a write outside is found by `guards_intact`. Values are
/// set and read on the host; on another device, `upload` and `download` carry them, guard bands included.
class GuardedBuffer {
 public:
  static constexpr std::size_t kGuardBytes = 256;
  explicit GuardedBuffer(std::size_t bytes, DeviceKind device = DeviceKind::kCpu);
  [[nodiscard]] std::byte* data() const { return memory_.data() + kGuardBytes; }
  /// Where an op finds the bytes.
  [[nodiscard]] std::byte* device_data() const {
    return device_memory_.data() == nullptr ? data() : device_memory_.data() + kGuardBytes;
  }
  void upload(Stream& stream) const;
  void download(Stream& stream) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool guards_intact() const;

  /// The pattern of the guard bands, also written into gaps that an op may not touch.
  static std::byte pattern(std::size_t i) { return static_cast<std::byte>(0xA5u ^ (i * 29u)); }

 private:
  std::size_t bytes_, stored_;
  Buffer memory_, device_memory_;
};

/// A tensor of its own between guard bands, in any layout, with an optional gap between samples that is
/// guarded too. Values are exchanged in logical (N, C, H, W) order, as double.
class GuardedTensor {
 public:
  GuardedTensor(Shape4 shape, DType dtype, int block, std::int64_t split = 0, std::int64_t gap = 0,
                DeviceKind device = DeviceKind::kCpu);

  /// For an op: memory of the device.
  [[nodiscard]] TensorView view() const {
    TensorView view = view_;
    view.data = buffer_.device_data();
    return view;
  }
  [[nodiscard]] const GuardedBuffer& buffer() const { return buffer_; }
  /// Every logical element; padding channels become zero.
  void fill(const std::vector<double>& values) const;
  /// NaN everywhere, padding channels too: an op must overwrite all of it.
  void poison() const;
  [[nodiscard]] std::vector<double> values() const;
  /// Empty if the guard bands and the gaps are intact and the padding channels are zero, else what is wrong.
  [[nodiscard]] std::string damage() const;

 private:
  [[nodiscard]] bool gaps_intact() const;
  [[nodiscard]] bool padding_zero() const;

  TensorView view_;
  GuardedBuffer buffer_;
};

/// A parameter (L, d0, d1, d2, d3) of its own between guard bands, with an optional guarded gap between
/// lanes.
class GuardedParameter {
 public:
  GuardedParameter(std::int64_t lanes, std::array<std::int64_t, 4> dims, DType dtype, std::int64_t gap = 0,
                   DeviceKind device = DeviceKind::kCpu);

  /// For an op: memory of the device.
  [[nodiscard]] ParameterView view() const {
    ParameterView view = view_;
    view.data = buffer_.device_data();
    return view;
  }
  [[nodiscard]] const GuardedBuffer& buffer() const { return buffer_; }
  void fill(const std::vector<double>& values) const;
  [[nodiscard]] std::vector<double> values() const;
  [[nodiscard]] std::string damage() const;

 private:
  ParameterView view_;
  GuardedBuffer buffer_;
};

}  // namespace selfsame::contract
