// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/elementwise.hpp"

// Single complex numbers of a view, in double whatever the storage. For references.

namespace selfsame::coil_reference {

using Complex = std::complex<double>;

/// Number `i` of plane (n, c).
template <typename Real, bool IsConst>
Complex get(const BasicComplexView<IsConst>& z, std::int64_t n, std::int64_t c, std::int64_t i) {
  const Real* at = z.template plane_of<Real>(n, c) + 2 * i;
  return {static_cast<double>(at[0]), static_cast<double>(at[1])};
}

template <typename Real>
void set(const ComplexView& z, std::int64_t n, std::int64_t c, std::int64_t i, Complex value) {
  Real* at = z.plane_of<Real>(n, c) + 2 * i;
  at[0] = static_cast<Real>(value.real());
  at[1] = static_cast<Real>(value.imag());
}

/// Calls f(zero of the type, n, i) for every pixel i of every sample n.
template <typename F>
void for_each_pixel(DType dtype, Shape4 shape, Stream& stream, F&& f) {
  elementwise::for_dtype(dtype, [&](auto zero) {
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      for (std::int64_t i = 0; i < shape.h * shape.w; ++i) {
        f(zero, n, i);
      }
    });
  });
}

}  // namespace selfsame::coil_reference
