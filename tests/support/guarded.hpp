// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame::contract {

/// Bytes between two guard bands of a fixed pattern: a write outside is found by `guards_intact`.
class GuardedBuffer {
 public:
  static constexpr std::size_t kGuardBytes = 256;
  explicit GuardedBuffer(std::size_t bytes);
  [[nodiscard]] std::byte* data() const { return memory_.data() + kGuardBytes; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool guards_intact() const;

  /// The pattern of the guard bands, also written into gaps that an op may not touch.
  static std::byte pattern(std::size_t i) { return static_cast<std::byte>(0xA5u ^ (i * 29u)); }

 private:
  std::size_t bytes_, stored_;
  Buffer memory_;
};

/// A tensor of its own between guard bands, in any layout, with an optional gap between samples that is
/// guarded too. Values are exchanged in logical (N, C, H, W) order, as double.
class GuardedTensor {
 public:
  GuardedTensor(Shape4 shape, DType dtype, int block, std::int64_t split = 0, std::int64_t gap = 0);

  [[nodiscard]] TensorView view() const { return view_; }
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
  GuardedParameter(std::int64_t lanes, std::array<std::int64_t, 4> dims, DType dtype, std::int64_t gap = 0);

  [[nodiscard]] ParameterView view() const { return view_; }
  void fill(const std::vector<double>& values) const;
  [[nodiscard]] std::vector<double> values() const;
  [[nodiscard]] std::string damage() const;

 private:
  ParameterView view_;
  GuardedBuffer buffer_;
};

}  // namespace selfsame::contract
