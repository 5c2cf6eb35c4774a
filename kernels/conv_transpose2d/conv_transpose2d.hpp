// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Shape of a 2x2 transposed convolution with stride 2: input (N, C, H, W), output (N, K, 2H, 2W).
struct ConvTransposeShape {
  std::int64_t lanes = 1;    ///< L; every lane has its own weights
  std::int64_t samples = 1;  ///< N = L*B over all lanes; sample n belongs to lane n / B
  std::int64_t c = 1, k = 1;
  std::int64_t h = 1, w = 1;  ///< of the input
  DType dtype = DType::kF32;
  int x_block = 1, y_block = 1;
  std::int64_t x_split = 0;             ///< see BasicTensorView::split
  [[nodiscard]] double flops() const {  ///< of one pass
    return 8.0 * static_cast<double>(samples * c * k * h * w);
  }
};

/// 2x2 transposed convolution with stride 2, no padding, no bias, and lanes, as PyTorch's conv_transpose2d
/// with one set of weights per lane. The output windows do not overlap: each output pixel is one matrix
/// product over C.
///
///   y[n,k, 2h+i, 2w+j] = sum_c w[l,c,k,i,j] * x[n,c,h,w],   i, j in {0, 1},   l = n / B
///
/// @param y  (N, K, 2H, 2W), overwritten; may not alias x; one part (split 0)
/// @param x  (N, C, H, W)
/// @param w  (L, C, K, 2, 2): PyTorch's order, input channels first
/// Errors:   Error(kInternal) if shapes disagree; the message names both.
/// Exact:    fp32 accumulates in fp32 in the order of c; relative error against fp64 at most 4e-6 * sqrt(C)
/// (tested).
///           A sample's result does not depend on N, L or the thread count.
/// Source:   definition.
void conv_transpose2d_forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream);

/// dx[n,c,h,w] = sum_{k,i,j} w[l,c,k,i,j] * dy[n,k, 2h+i, 2w+j]; dx is overwritten.
void conv_transpose2d_backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);

/// dw[l,c,k,i,j] += sum_{n in lane l, h, w} x[n,c,h,w] * dy[n,k, 2h+i, 2w+j]
void conv_transpose2d_backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x,
                                      Stream& stream);

/// Scratch bytes that the largest of the three passes takes from the stream's workspace, over all
/// implementations.
[[nodiscard]] std::size_t conv_transpose2d_workspace(const ConvTransposeShape& shape,
                                                     DeviceKind device = DeviceKind::kCpu);

/// One way of computing it. The list is in conv_transpose2d.cpp, best first, reference last.
struct ConvTranspose2dImplementation {
  const char* name;
  bool (*supports)(const ConvTransposeShape&);
  void (*forward)(TensorView, ConstTensorView, ConstParameterView, Stream&);
  void (*backward_data)(TensorView, ConstTensorView, ConstParameterView, Stream&);
  void (*backward_weight)(ParameterView, ConstTensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ConvTranspose2dImplementation> conv_transpose2d_implementations();

}  // namespace selfsame
