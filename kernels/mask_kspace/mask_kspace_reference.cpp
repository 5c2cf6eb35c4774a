// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/mask_kspace/mask_kspace.hpp: float or double storage.
#include "kernels/device/elementwise.hpp"
#include "kernels/mask_kspace/mask_kspace_versions.hpp"

namespace selfsame::mask_kspace_reference {

void mask(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
          Stream& stream) {
  const TensorView to = as_real(out);
  const ConstTensorView from = as_real(kspace);
  elementwise::for_dtype(kspace.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(to.shape, stream, [&](auto n, auto c, auto y, auto x) {
      const Real m = mask.at<Real>(n, 0, mask.shape.h == 1 ? 0 : y, x / 2);
      Real value = from.at<Real>(n, c, y, x);
      if (noise != nullptr) {
        const auto scale = static_cast<Real>(noise->alpha * noise->sigmas[static_cast<std::size_t>(n)]);
        const Real added = scale * as_real(noise->normals).at<Real>(n, c, y, x);
        value += added;
      }
      to.at<Real>(n, c, y, x) = m == Real{} ? Real{} : m * value;
    });
  });
}

}  // namespace selfsame::mask_kspace_reference
