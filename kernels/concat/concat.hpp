// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Concatenation along the channels. In a block layout each part starts in a block of its own
/// (BasicTensorView::split), so a part is copied as it lies; a network that lets its ops write into
/// `y.part(i)` needs no copy at all.
///
///   y[n,c] = a[n,c] for c < Ca,   y[n,c] = b[n,c-Ca] for c >= Ca
///
/// @param y  (N, Ca + Cb, H, W) with split = Ca, overwritten; may not alias a or b
/// @param a  (N, Ca, H, W), block of y
/// @param b  (N, Cb, H, W), block of y
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names them.
/// Exact:   bit for bit.
/// Source:  definition.
void concat_forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream);

/// da[n,c] = dy[n,c], db[n,c] = dy[n,Ca+c]; both are overwritten.
void concat_backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream);

/// One way of computing it. The list is in concat.cpp, best first, reference last.
struct ConcatImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, ConstTensorView, ConstTensorView, Stream&);
  void (*backward)(TensorView, TensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ConcatImplementation> concat_implementations();

}  // namespace selfsame
