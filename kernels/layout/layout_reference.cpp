// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/layout/layout.hpp: any layout, float or double storage on either
// side.
#include "kernels/layout/layout_reference.hpp"

namespace selfsame::layout_reference {

void convert(TensorView y, ConstTensorView x, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto y_zero) {
    elementwise::for_dtype(x.dtype, [&](auto x_zero) {
      using To = decltype(y_zero);
      using From = decltype(x_zero);
      elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
        y.at<To>(n, c, h, w) = static_cast<To>(x.at<From>(n, c, h, w));
      });
      elementwise::zero_padding<To>(y);
    });
  });
}

}  // namespace selfsame::layout_reference
