// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/average_pool/average_pool.hpp: any layout, float or double storage.
#include "kernels/average_pool/average_pool_reference.hpp"

namespace selfsame::average_pool_reference {

void forward(TensorView y, ConstTensorView x, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto p, auto q) {
      double sum = 0;
      for (int r = 0; r < 2; ++r) {
        for (int s = 0; s < 2; ++s) {
          sum += x.at<Real>(n, c, 2 * p + r, 2 * q + s);
        }
      }
      y.at<Real>(n, c, p, q) = static_cast<Real>(sum / 4);
    });
    elementwise::zero_padding<Real>(y);
  });
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream) {
  elementwise::for_dtype(dx.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(dx.shape, stream, [&](auto n, auto c, auto h, auto w) {
      double sum = add.empty() ? 0.0 : static_cast<double>(add.at<Real>(n, c, h, w));
      if (h / 2 < dy.shape.h && w / 2 < dy.shape.w) {
        sum += static_cast<double>(dy.at<Real>(n, c, h / 2, w / 2)) / 4;
      }
      dx.at<Real>(n, c, h, w) = static_cast<Real>(sum);
    });
    elementwise::zero_padding<Real>(dx);
  });
}

}  // namespace selfsame::average_pool_reference
