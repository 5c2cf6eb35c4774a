// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "kernels/base/error.hpp"
#include "kernels/device/bf16.hpp"

namespace selfsame {

enum class DType : std::uint8_t { kF32, kF64, kBF16 };

[[nodiscard]] constexpr std::size_t size_of(DType t) {
  return t == DType::kF64 ? 8 : t == DType::kF32 ? 4 : 2;
}
[[nodiscard]] const char* name_of(DType t);

template <typename T>
[[nodiscard]] constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, bf16>);
  return std::is_same_v<T, double> ? DType::kF64 : std::is_same_v<T, bf16> ? DType::kBF16 : DType::kF32;
}
/// Type of the weights, statistics and sums that go with activations of this type. A network in bf16 stores
/// its blocked activations in bf16 and everything else in float, its input and prediction (block 1) included.
[[nodiscard]] constexpr DType parameter_type(DType activation) {
  return activation == DType::kBF16 ? DType::kF32 : activation;
}
/// Type of a tensor with this channel block in a network of this type.
[[nodiscard]] constexpr DType activation_type(DType network, int block) {
  return block == 1 ? parameter_type(network) : network;
}

/// Logical shape of an activation.
struct Shape4 {
  std::int64_t n = 0, c = 0, h = 0, w = 0;
  friend bool operator==(const Shape4&, const Shape4&) = default;
  [[nodiscard]] std::int64_t count() const { return n * c * h * w; }
  [[nodiscard]] std::string text() const;  ///< "(N, C, H, W)" with values
};

/// Borrowed view of an activation, logically (N, C, H, W), stored as (N, blocks, H, W, b) with channel block
/// b: b = 1 is NCHW, b = C is NHWC, b = 16 is what AVX-512 wants.
///
///   offset(n, c, h, w) = n*sample_stride + ((q*H + h)*W + w)*b + r
///   (q, r) = (c / b, c % b)                                  for c <  split or split == 0
///   (q, r) = (ceil(split/b) + (c-split)/b, (c-split) % b)    for c >= split
///
/// `split` makes a concatenation of two tensors one view without a copy: each part starts in a block of its
/// own. Channels that pad the last block of a part hold zeros; every op keeps that invariant.
template <bool IsConst>
struct BasicTensorView {
  using Void = std::conditional_t<IsConst, const void, void>;
  template <typename T>
  using Pointer = std::conditional_t<IsConst, const T*, T*>;

  Void* data = nullptr;
  DType dtype = DType::kF32;
  int block = 1;
  Shape4 shape;
  std::int64_t split = 0;          ///< channels of the first part of a concatenation; 0 = one part
  std::int64_t sample_stride = 0;  ///< elements between samples

  BasicTensorView() = default;
  BasicTensorView(Void* data_, DType dtype_, Shape4 shape_, int block_, std::int64_t split_ = 0)
      : data(data_), dtype(dtype_), block(block_), shape(shape_), split(split_) {
    sample_stride = blocks() * shape.h * shape.w * block;
  }
  template <bool Other, typename = std::enable_if_t<IsConst && !Other>>
  BasicTensorView(const BasicTensorView<Other>& o)  // NOLINT(google-explicit-constructor): mutable to const
      : data(o.data),
        dtype(o.dtype),
        block(o.block),
        shape(o.shape),
        split(o.split),
        sample_stride(o.sample_stride) {}

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] static std::int64_t blocks_for(std::int64_t c, int block, std::int64_t split = 0) {
    return split == 0 ? (c + block - 1) / block
                      : (split + block - 1) / block + (c - split + block - 1) / block;
  }
  [[nodiscard]] std::int64_t blocks() const { return blocks_for(shape.c, block, split); }
  [[nodiscard]] std::int64_t plane() const { return shape.h * shape.w; }
  /// Elements that a sample really occupies, padding channels included.
  [[nodiscard]] std::int64_t sample_size() const { return blocks() * plane() * block; }

  /// (block index, place in the block) of a logical channel, as block*q + r.
  [[nodiscard]] std::int64_t padded_channel(std::int64_t c) const {
    return (split == 0 || c < split) ? c : (split + block - 1) / block * block + (c - split);
  }
  [[nodiscard]] std::int64_t offset(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    const std::int64_t p = padded_channel(c);
    return n * sample_stride + ((p / block * shape.h + h) * shape.w + w) * block + p % block;
  }
  template <typename T>
  [[nodiscard]] Pointer<T> as() const {
    SELFSAME_CHECK(dtype == dtype_of<T>(), "tensor {} is {}, asked for {}", shape.text(), name_of(dtype),
                   name_of(dtype_of<T>()));
    return static_cast<Pointer<T>>(data);
  }
  template <typename T>
  [[nodiscard]] auto& at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return static_cast<Pointer<T>>(data)[offset(n, c, h, w)];
  }
  /// The same storage, samples [first, first + count).
  [[nodiscard]] BasicTensorView samples(std::int64_t first, std::int64_t count) const {
    BasicTensorView v = *this;
    v.data = static_cast<std::conditional_t<IsConst, const std::byte*, std::byte*>>(data) +
             first * sample_stride * static_cast<std::int64_t>(size_of(dtype));
    v.shape.n = count;
    return v;
  }
  /// One of the two parts of a concatenation (part 0: channels [0, split), part 1: the rest).
  [[nodiscard]] BasicTensorView part(int index) const {
    SELFSAME_CHECK(split > 0, "part {} of a tensor {} that is not a concatenation", index, shape.text());
    BasicTensorView v = *this;
    v.split = 0;
    v.shape.c = index == 0 ? split : shape.c - split;
    if (index == 1) {
      const std::int64_t skip = (split + block - 1) / block * plane() * block;
      v.data = static_cast<std::conditional_t<IsConst, const std::byte*, std::byte*>>(data) +
               skip * static_cast<std::int64_t>(size_of(dtype));
    }
    return v;
  }
};

using TensorView = BasicTensorView<false>;
using ConstTensorView = BasicTensorView<true>;

/// Borrowed view of a parameter with its lanes: logically (L, d0, d1, d2, d3) in PyTorch order; lane l starts
/// at data + l*lane_stride, and a lane's values are contiguous.
template <bool IsConst>
struct BasicParameterView {
  using Void = std::conditional_t<IsConst, const void, void>;
  template <typename T>
  using Pointer = std::conditional_t<IsConst, const T*, T*>;

  Void* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t lanes = 0;
  std::array<std::int64_t, 4> dims{0, 1, 1, 1};
  std::int64_t lane_stride = 0;  ///< elements

  BasicParameterView() = default;
  BasicParameterView(Void* data_, DType dtype_, std::int64_t lanes_, std::array<std::int64_t, 4> dims_,
                     std::int64_t lane_stride_)
      : data(data_), dtype(dtype_), lanes(lanes_), dims(dims_), lane_stride(lane_stride_) {}
  template <bool Other, typename = std::enable_if_t<IsConst && !Other>>
  BasicParameterView(const BasicParameterView<Other>& o)  // NOLINT(google-explicit-constructor)
      : data(o.data), dtype(o.dtype), lanes(o.lanes), dims(o.dims), lane_stride(o.lane_stride) {}

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] std::int64_t count() const { return dims[0] * dims[1] * dims[2] * dims[3]; }  ///< of one lane
  template <typename T>
  [[nodiscard]] Pointer<T> lane(std::int64_t l) const {
    SELFSAME_CHECK(dtype == dtype_of<T>(), "parameter is {}, asked for {}", name_of(dtype),
                   name_of(dtype_of<T>()));
    SELFSAME_CHECK(l >= 0 && l < lanes, "lane {} of {}", l, lanes);
    return static_cast<Pointer<T>>(data) + l * lane_stride;
  }
};

using ParameterView = BasicParameterView<false>;
using ConstParameterView = BasicParameterView<true>;

}  // namespace selfsame
