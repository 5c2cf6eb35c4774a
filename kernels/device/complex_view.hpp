// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Borrowed view of complex numbers, logically (N, C, H, W), contiguous, real and imaginary part interleaved:
/// what NumPy's complex64 (float) and complex128 (double) arrays are. C counts coils, sets of maps, or is 1.
///
/// A complex view is the same memory as a real tensor (N, C, H, 2W) of block 1: that is how a MemoryPlan and
/// the op contract hold it, and `as_complex` is the way from there.
///
/// Gradient of a real loss L at a complex number z: dz = dL/dRe(z) + i dL/dIm(z), so that
/// delta L = Re(sum conj(dz) delta z), and the gradient of a linear map y = A x is dx = A^H dy.
template <bool IsConst>
struct BasicComplexView {
  using Void = std::conditional_t<IsConst, const void, void>;
  template <typename T>
  using Pointer = std::conditional_t<IsConst, const T*, T*>;

  Void* data = nullptr;
  DType dtype = DType::kF32;  ///< of the parts: float or double
  Shape4 shape;               ///< in complex numbers

  BasicComplexView() = default;
  BasicComplexView(Void* data_, DType dtype_, Shape4 shape_) : data(data_), dtype(dtype_), shape(shape_) {}
  template <bool Other, typename = std::enable_if_t<IsConst && !Other>>
  BasicComplexView(const BasicComplexView<Other>& o)  // NOLINT(google-explicit-constructor): mutable to const
      : data(o.data), dtype(o.dtype), shape(o.shape) {}

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] std::int64_t count() const { return shape.count(); }  ///< complex numbers
  [[nodiscard]] std::int64_t plane() const { return shape.h * shape.w; }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(count()) * 2 * size_of(dtype); }

  /// The parts: 2*count() reals.
  template <typename T>
  [[nodiscard]] Pointer<T> as() const {
    SELFSAME_CHECK(dtype == dtype_of<T>(), "complex array {} is {}, asked for {}", shape.text(),
                   name_of(dtype), name_of(dtype_of<T>()));
    return static_cast<Pointer<T>>(data);
  }
  /// The parts of plane (n, c): 2*plane() reals.
  template <typename T>
  [[nodiscard]] Pointer<T> plane_of(std::int64_t n, std::int64_t c) const {
    return as<T>() + (n * shape.c + c) * plane() * 2;
  }
  /// The same storage, samples [first, first + count).
  [[nodiscard]] BasicComplexView samples(std::int64_t first, std::int64_t count_) const {
    BasicComplexView v = *this;
    v.data = static_cast<std::conditional_t<IsConst, const std::byte*, std::byte*>>(data) +
             first * shape.c * plane() * 2 * static_cast<std::int64_t>(size_of(dtype));
    v.shape.n = count_;
    return v;
  }
};

using ComplexView = BasicComplexView<false>;
using ConstComplexView = BasicComplexView<true>;

/// A real tensor (N, C, H, 2W) of block 1 seen as complex numbers (N, C, H, W).
/// Errors: Error(kInternal) unless it is contiguous, of block 1 and of even width.
template <bool IsConst>
[[nodiscard]] BasicComplexView<IsConst> as_complex(const BasicTensorView<IsConst>& real) {
  SELFSAME_CHECK(real.block == 1 && real.split == 0 && real.shape.w % 2 == 0 &&
                     real.sample_stride == real.shape.c * real.plane(),
                 "tensor {} of block {} and sample stride {} seen as complex numbers", real.shape.text(),
                 real.block, real.sample_stride);
  return {real.data, real.dtype, {real.shape.n, real.shape.c, real.shape.h, real.shape.w / 2}};
}

/// Complex numbers (N, C, H, W) seen as a real tensor (N, C, H, 2W) of block 1.
template <bool IsConst>
[[nodiscard]] BasicTensorView<IsConst> as_real(const BasicComplexView<IsConst>& z) {
  return {z.data, z.dtype, {z.shape.n, z.shape.c, z.shape.h, 2 * z.shape.w}, 1};
}

}  // namespace selfsame
