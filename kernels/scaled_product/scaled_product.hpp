// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Product of a tensor with an affine function of another: noise that depends on the signal, and the weights
/// of a divergence under such noise. Its backward is itself: da = (alpha * b) * dy, db = (alpha * a + beta) *
/// dy.
///
///   y = (alpha * a + beta) * b
///
/// @param y  (N, C, H, W), block 1, float or double, overwritten; may be a or b
/// @param a  (N, C, H, W), layout of y
/// @param b  (N, C, H, W), layout of y
/// Errors:  Error(kInternal) if the layouts differ or have channel blocks; the message names both. GPUs take
///          float only.
/// Exact:   at most three roundings: the product with alpha, the sum, the product with b.
/// Source:  definition.
void scaled_product(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b,
                    Stream& stream);

/// One way of computing it. The list is in scaled_product.cpp, best first, reference last.
struct ScaledProductImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*scaled_product)(TensorView, float, ConstTensorView, float, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ScaledProductImplementation> scaled_product_implementations();

}  // namespace selfsame
