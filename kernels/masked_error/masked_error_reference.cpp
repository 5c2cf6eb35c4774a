// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/masked_error/masked_error.hpp: float or double storage.
#include "kernels/masked_error/masked_error_reference.hpp"

#include "kernels/device/elementwise.hpp"

namespace selfsame::masked_error_reference {
namespace {

/// Calls f(c, h, w) for the elements of sample n in J (hidden) or outside it.
template <typename Real, typename F>
void for_elements(const ConstTensorView& mask, std::int64_t n, std::int64_t channels, bool in_mask, F&& f) {
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t h = 0; h < mask.shape.h; ++h) {
      for (std::int64_t w = 0; w < mask.shape.w; ++w) {
        if ((mask.at<Real>(n, 0, h, w) != Real{0}) == in_mask) {
          f(c, h, w);
        }
      }
    }
  }
}

}  // namespace

void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double B = static_cast<double>(shape.n / lanes);
  elementwise::for_dtype(prediction.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      double elements = 0, sum = 0;  // elements: C * |J|
      for_elements<Real>(mask, n, shape.c, true, [&](auto c, auto h, auto w) {
        const double difference =
            static_cast<double>(prediction.at<Real>(n, c, h, w)) - target.at<Real>(n, c, h, w);
        sum += difference * difference;
        elements += 1;
      });
      sample_values[static_cast<std::size_t>(n)] = elements == 0 ? 0 : sum / elements;
      if (dprediction.empty()) {
        return;
      }
      for_elements<Real>(mask, n, shape.c, true, [&](auto c, auto h, auto w) {
        const double difference =
            static_cast<double>(prediction.at<Real>(n, c, h, w)) - target.at<Real>(n, c, h, w);
        dprediction.at<Real>(n, c, h, w) = static_cast<Real>(2 * difference / (elements * B));
      });
      for_elements<Real>(mask, n, shape.c, false,
                         [&](auto c, auto h, auto w) { dprediction.at<Real>(n, c, h, w) = Real{0}; });
    });
  });
}

}  // namespace selfsame::masked_error_reference
