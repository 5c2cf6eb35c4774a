// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/concat/concat.hpp: any layout, float or double storage.
#include "kernels/concat/concat_reference.hpp"

namespace selfsame::concat_reference {

void forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
      y.at<Real>(n, c, h, w) = c < a.shape.c ? a.at<Real>(n, c, h, w) : b.at<Real>(n, c - a.shape.c, h, w);
    });
    elementwise::zero_padding<Real>(y);
  });
}

void backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream) {
  elementwise::for_dtype(dy.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(dy.shape, stream, [&](auto n, auto c, auto h, auto w) {
      (c < da.shape.c ? da.at<Real>(n, c, h, w) : db.at<Real>(n, c - da.shape.c, h, w)) =
          dy.at<Real>(n, c, h, w);
    });
    elementwise::zero_padding<Real>(da);
    elementwise::zero_padding<Real>(db);
  });
}

}  // namespace selfsame::concat_reference
