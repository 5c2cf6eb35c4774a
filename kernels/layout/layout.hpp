// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Copies a tensor into another layout or type: any channel block, split and sample stride; float32 or
/// float64 on the CPU, float32 or bf16 on a GPU.
///
///   y[n,c,h,w] = x[n,c,h,w];   padding channels of y become 0
///
/// @param y  (N, C, H, W), overwritten; may not alias x
/// @param x  (N, C, H, W)
/// Errors:  Error(kInternal) if the shapes differ; the message names both.
/// Exact:   bit for bit, except to a narrower type, which rounds to nearest, ties to even.
/// Source:  definition.
void convert_layout(TensorView y, ConstTensorView x, Stream& stream);

struct LayoutProblem {
  DType x_dtype = DType::kF32, y_dtype = DType::kF32;
  int x_block = 1, y_block = 1;
};

/// One way of computing it. The list is in layout.cpp, best first, reference last.
struct LayoutImplementation {
  const char* name;
  bool (*supports)(const LayoutProblem&);
  void (*convert)(TensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const LayoutImplementation> layout_implementations();

}  // namespace selfsame
