// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/coil_reference.hpp"
#include "mri/coils/complex_elements.hpp"

namespace selfsame::coil_reference {
namespace {

/// The mask at pixel i of sample n.
template <typename Real>
double mask_at(ConstTensorView mask, std::int64_t n, std::int64_t i) {
  return static_cast<double>(mask.at<Real>(n, 0, mask.shape.h == 1 ? 0 : i / mask.shape.w, i % mask.shape.w));
}

}  // namespace

void data_consistency(ComplexView next, ConstComplexView current, ConstComplexView measured,
                      ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                      Stream& stream) {
  const std::int64_t per_lane = next.shape.n / lambda.lanes;
  for_each_pixel(next.dtype, next.shape, stream, [&](auto zero, std::int64_t n, std::int64_t i) {
    using Real = decltype(zero);
    const double weight = static_cast<double>(*lambda.lane<Real>(n / per_lane)) * mask_at<Real>(mask, n, i);
    for (std::int64_t c = 0; c < next.shape.c; ++c) {
      const Complex k = get<Real>(current, n, c, i), b = get<Real>(measured, n, c, i);
      set<Real>(next, n, c, i, k - weight * (k - b) - get<Real>(refinement, n, c, i));
    }
  });
}

void data_consistency_backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                               ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                               ConstParameterView lambda, Stream& stream) {
  const std::int64_t per_lane = dnext.shape.n / lambda.lanes;
  elementwise::for_dtype(dnext.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(lambda.lanes, [&](std::int64_t lane, int) {
      const auto factor = static_cast<double>(*lambda.lane<Real>(lane));
      double sum = 0;
      for (std::int64_t n = lane * per_lane; n < (lane + 1) * per_lane; ++n) {
        for (std::int64_t c = 0; c < dnext.shape.c; ++c) {
          for (std::int64_t i = 0; i < dnext.plane(); ++i) {
            const double m = mask_at<Real>(mask, n, i);
            const Complex dy = get<Real>(dnext, n, c, i);
            const Complex difference = get<Real>(current, n, c, i) - get<Real>(measured, n, c, i);
            sum += std::real(std::conj(dy) * m * difference);
            set<Real>(dcurrent, n, c, i, (1 - factor * m) * dy);
          }
        }
      }
      Real* gradient = dlambda.lane<Real>(lane);
      *gradient = static_cast<Real>(static_cast<double>(*gradient) - sum);
    });
  });
}

}  // namespace selfsame::coil_reference
