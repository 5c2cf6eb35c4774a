// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/absolute_error/absolute_error.hpp: float or double storage.
#include <cmath>

#include "kernels/absolute_error/absolute_error_versions.hpp"
#include "kernels/device/elementwise.hpp"

namespace selfsame::absolute_error_reference {

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t count = shape.c * shape.h * shape.w;
  const double elements = static_cast<double>(count), B = static_cast<double>(shape.n / lanes);
  elementwise::for_dtype(prediction.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      double sum = 0;
      for (std::int64_t i = n * count; i < (n + 1) * count; ++i) {
        const double difference = static_cast<double>(prediction.as<Real>()[i]) - target.as<Real>()[i];
        sum += std::abs(difference);
        if (!dprediction.empty()) {
          const double sign = difference > 0 ? 1.0 : difference < 0 ? -1.0 : difference;  // a NaN stays one
          dprediction.as<Real>()[i] = static_cast<Real>(sign / (elements * B));
        }
      }
      sample_values[static_cast<std::size_t>(n)] = sum / elements;
    });
  });
}

}  // namespace selfsame::absolute_error_reference
