// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/add/add.hpp: any layout, float or double storage.
#include "kernels/add/add_reference.hpp"

namespace selfsame::add_reference {

void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
      double sum = static_cast<double>(alpha) * a.at<Real>(n, c, h, w);
      if (!b.empty()) {
        sum += static_cast<double>(beta) * b.at<Real>(n, c, h, w);
      }
      y.at<Real>(n, c, h, w) = static_cast<Real>(sum);
    });
    elementwise::zero_padding<Real>(y);
  });
}

}  // namespace selfsame::add_reference
