// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/squared_error/squared_error.hpp: any layout, float or double storage.
#include "kernels/squared_error/squared_error_reference.hpp"

namespace selfsame::squared_error_reference {

void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const double elements = static_cast<double>(shape.c * shape.h * shape.w);
  const double B = static_cast<double>(shape.n / lanes);
  elementwise::for_dtype(prediction.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      double sum = 0;
      for (std::int64_t c = 0; c < shape.c; ++c) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
          for (std::int64_t w = 0; w < shape.w; ++w) {
            const double difference =
                static_cast<double>(prediction.at<Real>(n, c, h, w)) - target.at<Real>(n, c, h, w);
            sum += difference * difference;
            if (!dprediction.empty()) {
              dprediction.at<Real>(n, c, h, w) = static_cast<Real>(2 * difference / (elements * B));
            }
          }
        }
      }
      sample_values[static_cast<std::size_t>(n)] = sum / elements;
    });
    if (!dprediction.empty()) {
      elementwise::zero_padding<Real>(dprediction);
    }
  });
}

}  // namespace selfsame::squared_error_reference
