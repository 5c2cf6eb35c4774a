// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <vector>

#include "kernels/device/complex_view.hpp"

namespace selfsame {

/// Complex numbers (N, C, H, W) that own their host memory: what the estimators of coil maps return.
struct ComplexArray {
  Shape4 shape;
  std::vector<std::complex<float>> values;

  ComplexArray() = default;
  explicit ComplexArray(Shape4 shape_) : shape(shape_), values(static_cast<std::size_t>(shape_.count())) {}

  [[nodiscard]] ComplexView view() { return {values.data(), DType::kF32, shape}; }
  [[nodiscard]] ConstComplexView view() const { return {values.data(), DType::kF32, shape}; }
  /// Plane (n, c): h * w numbers.
  [[nodiscard]] std::complex<float>* plane(std::int64_t n, std::int64_t c) {
    return values.data() + (n * shape.c + c) * shape.h * shape.w;
  }
  [[nodiscard]] const std::complex<float>* plane(std::int64_t n, std::int64_t c) const {
    return values.data() + (n * shape.c + c) * shape.h * shape.w;
  }
};

/// The product without the tests for infinities that std::complex's own makes (C, annex G): loops with it
/// are vectorised.
template <typename Real>
[[nodiscard]] constexpr std::complex<Real> times(std::complex<Real> a, std::complex<Real> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
/// conj(a) * b.
template <typename Real>
[[nodiscard]] constexpr std::complex<Real> conj_times(std::complex<Real> a, std::complex<Real> b) {
  return {a.real() * b.real() + a.imag() * b.imag(), a.real() * b.imag() - a.imag() * b.real()};
}

}  // namespace selfsame
