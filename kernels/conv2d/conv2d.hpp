// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Shape of a 2-D convolution, stride 1, zero padding that keeps the size: filter 1x1 (pad 0) or 3x3 (pad 1).
struct ConvShape {
  std::int64_t lanes = 1;    ///< L; every lane has its own weights
  std::int64_t samples = 1;  ///< N = L*B over all lanes; sample n belongs to lane n / B
  std::int64_t c = 1, k = 1;
  std::int64_t h = 1, w = 1;
  int filter = 3;             ///< R = S
  DType dtype = DType::kF32;  ///< of the network: in bf16, tensors of block 1 and the weights are float
  int x_block = 1, y_block = 1;
  std::int64_t x_split = 0;             ///< see BasicTensorView::split
  [[nodiscard]] double flops() const {  ///< of one pass
    return 2.0 * static_cast<double>(samples * c * k * h * w) * filter * filter;
  }
};

/// 2-D cross-correlation with zero padding and lanes, as PyTorch's conv2d with one set of weights per lane.
///
///   y[n,k,p,q] = b[l,k] + sum_{c,r,s} w[l,k,c,r,s] * x[n,c, p+r-pad, q+s-pad],   l = n / B
///
/// @param y  (N, K, H, W), overwritten; may not alias x
/// @param x  (N, C, H, W)
/// @param w  (L, K, C, R, S)
/// @param b  (L, K) or empty
/// Errors:   Error(kInternal) if shapes disagree; the message names both.
/// Exact:    fp32 accumulates in fp32 in the order c-block, r, s, c; relative error against fp64 at most
///           4e-6 * sqrt(C*R*S) (tested). A sample's result does not depend on N, L or the thread count.
///           The Winograd versions round up to 11 times as much, root mean square: per dimension the mean
///           over the rows j of A^T of sum_i A_ji^2 |G_i|^2 |B_i|^2 / 3 is 10.8. Measured 4 times (C = 32 to
///           256: 1.3e-6 to 3.5e-6); the same bound holds (tested).
///           GPU: sums in fp32 in the order chunk of input channels, s, r, c, whatever the tile; the bound of
///           fp32 holds. bf16: weights are rounded to bf16 (2^-8 at most), products are exact, sums in fp32,
///           blocked results are rounded once; the weight gradient is float and keeps the bound of fp32.
///           Planes are not rounded. "tensor_core_tf32", only on request: both operands rounded to tf32
///           (2^-11).
/// Source:   definition; Winograd: Lavin and Gray 2016, F(4x4, 3x3).
void conv2d_forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b,
                    Stream& stream);

/// dx[n,c,h,w] = sum_{k,r,s} w[l,k,c,r,s] * dy[n,k, h-r+pad, w-s+pad]; dx is overwritten.
void conv2d_backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);

/// dw[l,k,c,r,s] += sum_{n in lane l, p, q} dy[n,k,p,q] * x[n,c, p+r-pad, q+s-pad]
/// db[l,k]       += sum_{n in lane l, p, q} dy[n,k,p,q];   db may be empty
void conv2d_backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                            Stream& stream);

/// Scratch bytes that the largest of the three passes takes from the stream's workspace, over all
/// implementations on the device; `threads` are the CPU's.
[[nodiscard]] std::size_t conv2d_workspace(const ConvShape& shape, int threads,
                                           DeviceKind device = DeviceKind::kCpu);

/// One way of computing it. The list is in conv2d.cpp, best first, reference last.
struct Conv2dImplementation {
  const char* name;
  bool (*supports)(const ConvShape&);
  void (*forward)(TensorView, ConstTensorView, ConstParameterView, ConstParameterView, Stream&);
  void (*backward_data)(TensorView, ConstTensorView, ConstParameterView, Stream&);
  void (*backward_weight)(ParameterView, ParameterView, ConstTensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const Conv2dImplementation> conv2d_implementations();

}  // namespace selfsame
