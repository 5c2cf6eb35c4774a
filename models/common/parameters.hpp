// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// How a tensor starts: uniform in [-bound, bound], or a constant (bound 0).
struct Initialisation {
  float bound = 0, constant = 0;
  /// PyTorch's default for convolutions (Kaiming uniform with a = sqrt 5): bound = 1 / sqrt(fan_in).
  static Initialisation fan_in(std::int64_t fan_in);
};

/// One tensor of a network, by its PyTorch name.
struct ParameterInfo {
  std::string name;
  std::vector<std::int64_t> shape;  ///< as in a state dict, without the lane
  Initialisation initial;
  bool trainable = true;    ///< false: a buffer such as a running mean
  std::int64_t offset = 0;  ///< elements from the start of a lane, in its arena
  [[nodiscard]] std::int64_t count() const;
};

/// The table of a network's tensors: what its memory and its checkpoints are made from. In a lane's arena
/// every tensor starts on a 64-byte boundary; the gaps are zero and stay zero.
class ParameterTable {
 public:
  /// Adds a tensor and returns its index.
  int add(std::string name, std::vector<std::int64_t> shape, Initialisation initial, bool trainable = true);
  [[nodiscard]] const std::vector<ParameterInfo>& tensors() const { return tensors_; }
  /// Number of trainable scalars, as papers count them.
  [[nodiscard]] std::int64_t trainable_count() const;
  /// Elements of one lane, gaps included.
  [[nodiscard]] std::int64_t lane_size(bool trainable) const {
    return trainable ? trainable_size_ : buffer_size_;
  }

 private:
  std::vector<ParameterInfo> tensors_;
  std::int64_t trainable_size_ = 0, buffer_size_ = 0;
};

/// Values and gradients of L lanes: (L, P) each, lane stride P. Buffers (running statistics) lie apart.
/// Views and arenas are memory of the device; values and buffers have a copy on the host (MirroredBuffer)
/// that to_device and to_host carry over and back.
class Parameters {
 public:
  /// @param gradients false for inference: no gradient arena
  Parameters(ParameterTable table, std::int64_t lanes, DType dtype, bool gradients,
             DeviceKind device = DeviceKind::kCpu);

  [[nodiscard]] const ParameterTable& table() const { return table_; }
  [[nodiscard]] std::int64_t lanes() const { return lanes_; }
  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] std::int64_t lane_size() const { return table_.lane_size(true); }
  [[nodiscard]] std::int64_t buffer_lane_size() const { return table_.lane_size(false); }

  [[nodiscard]] ParameterView value(int index) const;
  [[nodiscard]] ParameterView gradient(int index) const;
  /// One tensor of one lane, on the host.
  template <typename T>
  [[nodiscard]] T* lane_value(int index, std::int64_t lane) const {
    const ParameterInfo& info = table_.tensors().at(static_cast<std::size_t>(index));
    return (info.trainable ? values_ : buffers_).host<T>() + lane * table_.lane_size(info.trainable) +
           info.offset;
  }
  /// The arenas, (L, P): for the optimiser, norms and checkpoints.
  template <typename T>
  [[nodiscard]] T* values() const {
    return values_.device<T>();
  }
  template <typename T>
  [[nodiscard]] T* gradients() const {
    return gradients_.as<T>();
  }
  template <typename T>
  [[nodiscard]] T* buffers() const {
    return buffers_.device<T>();
  }
  /// Values and buffers on the host.
  template <typename T>
  [[nodiscard]] T* host_values() const {
    return values_.host<T>();
  }
  template <typename T>
  [[nodiscard]] T* host_buffers() const {
    return buffers_.host<T>();
  }
  void to_device(Stream& stream) const;
  void to_host(Stream& stream) const;
  void clear_gradients(Stream& stream);

  /// Initial weights of one lane, on the host: a function of (seed, tensor name, element), the same for any
  /// lane and device.
  void initialise(std::int64_t lane, std::uint64_t seed);

  [[nodiscard]] std::size_t bytes() const { return values_.bytes() + gradients_.bytes() + buffers_.bytes(); }

 private:
  ParameterTable table_;
  std::int64_t lanes_;
  DType dtype_;
  MirroredBuffer values_, buffers_;
  Buffer gradients_;
};

}  // namespace selfsame
