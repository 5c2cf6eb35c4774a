// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Appends at most one row below and one column to the right by reflection that does not repeat the edge:
/// what a U-Net needs before it concatenates an upsampled map with one of odd size. PyTorch's
/// pad(mode="reflect").
///
///   y[n,c,h,w] = x[n,c, h < H ? h : H-2, w < W ? w : W-2]
///
/// @param y  (N, C, H+ph, W+pw) with ph, pw in {0, 1}, overwritten; may not alias x
/// @param x  (N, C, H, W); H >= 2 if ph = 1, W >= 2 if pw = 1; block and split of y
/// Errors:  Error(kInternal) if the sizes allow no such reflection or layouts disagree; the message names
/// both. Exact:   bit for bit; the backward adds at most four values. Source:  definition.
void reflect_pad_forward(TensorView y, ConstTensorView x, Stream& stream);

/// dx[n,c,h,w] = sum of dy over all positions that read x[n,c,h,w]; dx is overwritten.
void reflect_pad_backward(TensorView dx, ConstTensorView dy, Stream& stream);

/// One way of computing it. The list is in reflect_pad.cpp, best first, reference last.
struct ReflectPadImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, ConstTensorView, Stream&);
  void (*backward)(TensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ReflectPadImplementation> reflect_pad_implementations();

}  // namespace selfsame
