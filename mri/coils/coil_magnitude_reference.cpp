// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/coil_reference.hpp"
#include "mri/coils/complex_elements.hpp"

namespace selfsame::coil_reference {
namespace {

/// The value of pixel i of sample n of a magnitude.
template <typename Real>
double real_at(ConstTensorView t, std::int64_t n, std::int64_t i) {
  return static_cast<double>(t.as<Real>()[n * t.sample_stride + i]);
}

template <typename Real>
double root_at(ConstComplexView coils, std::int64_t n, std::int64_t i) {
  double sum = 0;
  for (std::int64_t c = 0; c < coils.shape.c; ++c) {
    sum += std::norm(get<Real>(coils, n, c, i));
  }
  return std::sqrt(sum);
}

}  // namespace

void root_sum_of_squares(TensorView magnitude, ConstComplexView coils, Stream& stream) {
  for_each_pixel(coils.dtype, coils.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    magnitude.as<Real>()[n * magnitude.sample_stride + i] = static_cast<Real>(root_at<Real>(coils, n, i));
  });
}

void root_sum_of_squares_backward(ComplexView dcoils, ConstTensorView dmagnitude, ConstTensorView magnitude,
                                  ConstComplexView coils, Stream& stream) {
  for_each_pixel(dcoils.dtype, dcoils.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    const double root = real_at<Real>(magnitude, n, i);
    for (std::int64_t c = 0; c < dcoils.shape.c; ++c) {
      set<Real>(dcoils, n, c, i,
                root == 0 ? 0 : real_at<Real>(dmagnitude, n, i) * (get<Real>(coils, n, c, i) / root));
    }
  });
}

void normalize(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream& stream) {
  for_each_pixel(maps.dtype, maps.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    const double root = root_at<Real>(coils, n, i);
    magnitude.as<Real>()[n * magnitude.sample_stride + i] = static_cast<Real>(root);
    for (std::int64_t c = 0; c < maps.shape.c; ++c) {
      set<Real>(maps, n, c, i, root == 0 ? 0 : get<Real>(coils, n, c, i) / root);
    }
  });
}

void normalize_backward(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                        ConstTensorView magnitude, Stream& stream) {
  for_each_pixel(dcoils.dtype, dcoils.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    const double root = real_at<Real>(magnitude, n, i);
    double along = 0;
    for (std::int64_t c = 0; c < dcoils.shape.c; ++c) {
      along += std::real(std::conj(get<Real>(maps, n, c, i)) * get<Real>(dmaps, n, c, i));
    }
    for (std::int64_t c = 0; c < dcoils.shape.c; ++c) {
      const Complex across = get<Real>(dmaps, n, c, i) - get<Real>(maps, n, c, i) * along;
      set<Real>(dcoils, n, c, i, root == 0 ? 0 : across / root);
    }
  });
}

}  // namespace selfsame::coil_reference
