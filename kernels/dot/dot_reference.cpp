// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/dot/dot.hpp: float or double storage.
#include "kernels/dot/dot_reference.hpp"

namespace selfsame::dot_reference {

void sample_dot(std::span<double> values, const DotRule& rule, ConstTensorView a, ConstTensorView b,
                Stream& stream) {
  const Shape4 shape = a.shape;
  elementwise::for_dtype(a.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      double sum = 0;
      for (std::int64_t c = 0; c < shape.c; ++c) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
          for (std::int64_t w = 0; w < shape.w; ++w) {
            sum += static_cast<double>(a.at<Real>(n, c, h, w)) * static_cast<double>(b.at<Real>(n, c, h, w));
          }
        }
      }
      double& value = values[static_cast<std::size_t>(n)];
      const double before = rule.keep == 0 ? 0.0 : rule.keep * value;
      value = before + rule.scale * (sum / static_cast<double>(shape.c * shape.h * shape.w)) + rule.offset;
    });
  });
}

}  // namespace selfsame::dot_reference
