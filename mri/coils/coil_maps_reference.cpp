// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/coil_reference.hpp"
#include "mri/coils/complex_elements.hpp"

namespace selfsame::coil_reference {

void expand(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream& stream) {
  for_each_pixel(coils.dtype, coils.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    for (std::int64_t c = 0; c < coils.shape.c; ++c) {
      set<Real>(coils, n, c, i, get<Real>(maps, n, c, i) * get<Real>(image, n, 0, i));
    }
  });
}

void combine(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream& stream) {
  for_each_pixel(image.dtype, image.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    Complex sum = 0;
    for (std::int64_t c = 0; c < coils.shape.c; ++c) {
      sum += std::conj(get<Real>(maps, n, c, i)) * get<Real>(coils, n, c, i);
    }
    set<Real>(image, n, 0, i, sum);
  });
}

void maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream& stream) {
  for_each_pixel(dmaps.dtype, dmaps.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    for (std::int64_t c = 0; c < dmaps.shape.c; ++c) {
      const Complex gradient = std::conj(get<Real>(image, n, 0, i)) * get<Real>(coils, n, c, i);
      set<Real>(dmaps, n, c, i, get<Real>(dmaps, n, c, i) + gradient);
    }
  });
}

}  // namespace selfsame::coil_reference
