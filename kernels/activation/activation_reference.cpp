// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/activation/activation.hpp: any layout, float or double storage.
#include "kernels/activation/activation_reference.hpp"

namespace selfsame::activation_reference {

void forward(TensorView y, ConstTensorView x, double slope, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
      const Real v = x.at<Real>(n, c, h, w);
      y.at<Real>(n, c, h, w) = v > 0 ? v : static_cast<Real>(slope) * v;
    });
    elementwise::zero_padding<Real>(y);
  });
}

void backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream) {
  elementwise::for_dtype(dx.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(dx.shape, stream, [&](auto n, auto c, auto h, auto w) {
      const Real d = dy.at<Real>(n, c, h, w);
      dx.at<Real>(n, c, h, w) = x.at<Real>(n, c, h, w) > 0 ? d : static_cast<Real>(slope) * d;
    });
    elementwise::zero_padding<Real>(dx);
  });
}

}  // namespace selfsame::activation_reference
