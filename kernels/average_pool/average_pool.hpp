// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Mean over windows of 2x2, stride 2. An odd last row or column is left out, as PyTorch's avg_pool2d(2).
///
///   y[n,c,p,q] = (x[n,c,2p,2q] + x[n,c,2p,2q+1] + x[n,c,2p+1,2q] + x[n,c,2p+1,2q+1]) / 4
///
/// @param y  (N, C, H/2, W/2), rounded down, overwritten; may not alias x
/// @param x  (N, C, H, W), H and W at least 2; block and split of y
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names both.
/// Exact:   fp32, three additions and an exact division.
/// Source:  definition.
void average_pool_forward(TensorView y, ConstTensorView x, Stream& stream);

/// dx[n,c,h,w] = add[n,c,h,w] + dy[n,c,h/2,w/2] / 4; an odd last row or column gets `add` alone.
///
/// @param dx   (N, C, H, W), overwritten
/// @param dy   (N, C, H/2, W/2)
/// @param add  (N, C, H, W), the gradient of a second path from x; may be dx; empty = 0
void average_pool_backward(TensorView dx, ConstTensorView dy, ConstTensorView add, Stream& stream);

/// One way of computing it. The list is in average_pool.cpp, best first, reference last.
struct AveragePoolImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, ConstTensorView, Stream&);
  void (*backward)(TensorView, ConstTensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const AveragePoolImplementation> average_pool_implementations();

}  // namespace selfsame
