// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/coil_reference.hpp"
#include "mri/coils/complex_elements.hpp"

namespace selfsame::coil_reference {

void to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream) {
  elementwise::for_dtype(z.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(planes.shape, stream, [&](auto n, auto part, auto h, auto w) {
      const std::int64_t y = h - padding.top, x = w - padding.left;
      const bool inside = y >= 0 && y < z.shape.h && x >= 0 && x < z.shape.w;
      const Real* plane = z.as<Real>() + n * z.plane() * 2;
      planes.at<Real>(n, part, h, w) = inside ? plane[(y * z.shape.w + x) * 2 + part] : Real{0};
    });
  });
}

void to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream) {
  elementwise::for_dtype(z.dtype, [&](auto zero) {
    using Real = decltype(zero);
    const Shape4 parts{planes.shape.n, 2, z.shape.h, z.shape.w};
    elementwise::for_each_element(parts, stream, [&](auto n, auto part, auto y, auto x) {
      z.as<Real>()[(n * z.plane() + y * z.shape.w + x) * 2 + part] =
          planes.at<Real>(n, part, y + padding.top, x + padding.left);
    });
  });
}

}  // namespace selfsame::coil_reference
