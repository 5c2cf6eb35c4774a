// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Instance normalisation with affine parameters per lane and a fused leaky rectifier, over the M = H*W
/// pixels of every channel of every sample.
///
///   mean = sum(x) / M,  var = sum((x - mean)^2) / M,  r = 1 / sqrt(var + eps)
///   xhat = (x - mean) * r,  pre = gamma[l,c] * xhat + beta[l,c],  y = pre > 0 ? pre : slope * pre,  l = n /
///   B
///
/// @param y      (N, C, H, W), overwritten; may be x
/// @param mean   (N, C, 1, 1), overwritten, kept for the backward; block and split of x; 0 in padding
/// channels
/// @param r      as mean
/// @param x      (N, C, H, W), layout of y
/// @param gamma  (L, C), or empty together with beta: gamma = 1, beta = 0
/// @param beta   (L, C) or empty
/// @param eps    > 0
/// @param slope  1 = no rectifier, 0 = ReLU
/// Errors:   Error(kInternal) if shapes, layouts or types disagree; the message names both.
/// Exact:    fp32 sums have a relative error of at most 1.1e-6 for any M, also if |mean| is far above the
/// spread. A
///           sample's result does not depend on N, L or the thread count.
/// Source:   Ulyanov, Vedaldi, Lempitsky, "Instance normalization", 2016; as PyTorch's InstanceNorm2d, then
/// LeakyReLU.
void instance_norm_forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x,
                           ConstParameterView gamma, ConstParameterView beta, double eps, double slope,
                           Stream& stream);

///   d      = pre > 0 ? dy : slope * dy          pre is computed again from x, mean, r, gamma and beta
///   dbeta += sum(d)                             dgamma += sum(d * xhat), over the samples of the lane and
///   the pixels dx     = gamma * r * (d - sum(d) / M - xhat * sum(d * xhat) / M)
///
/// dx is overwritten and may be dy. dgamma, dbeta: (L, C), or both empty if they are not wanted.
void instance_norm_backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy,
                            ConstTensorView x, ConstTensorView mean, ConstTensorView r,
                            ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream);

/// Scratch bytes that the larger pass takes from the stream's workspace, over all implementations.
[[nodiscard]] std::size_t instance_norm_workspace(const Shape4& x, int block, std::int64_t split = 0);

/// One way of computing it. The list is in instance_norm.cpp, best first, reference last.
struct InstanceNormImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, TensorView, TensorView, ConstTensorView, ConstParameterView, ConstParameterView,
                  double, double, Stream&);
  void (*backward)(TensorView, ParameterView, ParameterView, ConstTensorView, ConstTensorView,
                   ConstTensorView, ConstTensorView, ConstParameterView, ConstParameterView, double, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const InstanceNormImplementation> instance_norm_implementations();

}  // namespace selfsame
