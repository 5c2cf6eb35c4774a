// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/scaled_product/scaled_product.hpp: float or double storage.
#include "kernels/scaled_product/scaled_product_reference.hpp"

namespace selfsame::scaled_product_reference {

void scaled_product(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b,
                    Stream& stream) {
  elementwise::for_dtype(y.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(y.shape, stream, [&](auto n, auto c, auto h, auto w) {
      const double factor = static_cast<double>(alpha) * a.at<Real>(n, c, h, w) + static_cast<double>(beta);
      y.at<Real>(n, c, h, w) = static_cast<Real>(factor * b.at<Real>(n, c, h, w));
    });
  });
}

}  // namespace selfsame::scaled_product_reference
