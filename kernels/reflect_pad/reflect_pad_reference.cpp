// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/reflect_pad/reflect_pad.hpp: any layout, float or double storage.
#include "kernels/reflect_pad/reflect_pad_reference.hpp"

namespace selfsame::reflect_pad_reference {
namespace {

std::int64_t source(std::int64_t i, std::int64_t size) { return i < size ? i : size - 2; }

}  // namespace

void forward(TensorView y, ConstTensorView x, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
      y.at<Real>(n, c, h, w) = x.at<Real>(n, c, source(h, x.shape.h), source(w, x.shape.w));
    });
    elementwise::zero_padding<Real>(y);
  });
}

void backward(TensorView dx, ConstTensorView dy, Stream& stream) {
  elementwise::for_dtype(dx.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(dx.shape, stream, [&](auto n, auto c, auto h, auto w) {
      double sum = 0;
      for (std::int64_t p = 0; p < dy.shape.h; ++p) {
        for (std::int64_t q = 0; q < dy.shape.w; ++q) {
          if (source(p, dx.shape.h) == h && source(q, dx.shape.w) == w) {
            sum += dy.at<Real>(n, c, p, q);
          }
        }
      }
      dx.at<Real>(n, c, h, w) = static_cast<Real>(sum);
    });
    elementwise::zero_padding<Real>(dx);
  });
}

}  // namespace selfsame::reflect_pad_reference
