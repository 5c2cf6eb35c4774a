// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Batch normalisation per lane with a fused leaky rectifier: statistics of a channel over the B samples of
/// the lane and all pixels, m = B*H*W values.
///
///   mean = sum(x) / m,  var = sum((x - mean)^2) / m,  r = 1 / sqrt(var + eps)
///   xhat = (x - mean) * r,  pre = gamma[l,c] * xhat + beta[l,c],  y = pre > 0 ? pre : slope * pre,  l = n /
///   B running_mean += momentum * (mean - running_mean) running_var  += momentum * (var * m / (m - 1) -
///   running_var)
///
/// @param y             (N, C, H, W), overwritten; may be x
/// @param mean          (L, C, 1, 1), overwritten, kept for the backward; block and split of x; 0 in padding
/// channels.
///                      Its first dimension is the number of lanes.
/// @param r             as mean
/// @param running_mean  (L, C), updated; empty together with running_var: not wanted
/// @param running_var   (L, C), the unbiased variance, updated
/// @param x             (N, C, H, W), layout of y
/// @param gamma         (L, C), or empty together with beta: gamma = 1, beta = 0
/// @param beta          (L, C) or empty
/// @param momentum      weight of the new value, 0.1 by habit
/// @param slope         1 = no rectifier, 0 = ReLU
/// Errors:   Error(kInternal) if shapes, layouts or types disagree, or m < 2; the message names the values.
/// Exact:    sums of a plane as in instance normalisation, 1.1e-6; planes are combined in double, in sample
/// order. A
///           lane's result does not depend on the other lanes or the thread count.
/// Source:   Ioffe, Szegedy, "Batch normalization", ICML 2015, algorithm 1; as PyTorch's BatchNorm2d.
void batch_norm_forward_training(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                                 ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                                 ConstParameterView beta, double eps, double momentum, double slope,
                                 Stream& stream);

/// The same with the running statistics in place of the batch's, which makes every sample independent.
void batch_norm_forward_inference(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                                  ConstParameterView running_var, ConstParameterView gamma,
                                  ConstParameterView beta, double eps, double slope, Stream& stream);

/// Backward of the training forward:
///
///   d      = pre > 0 ? dy : slope * dy          pre is computed again from x, mean, r, gamma and beta
///   dbeta += sum(d)                             dgamma += sum(d * xhat)
///   dx     = gamma * r * (d - sum(d) / m - xhat * sum(d * xhat) / m),    sums over the lane's samples and
///   pixels
///
/// dx is overwritten and may be dy. dgamma, dbeta: (L, C), or both empty if they are not wanted.
void batch_norm_backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy,
                         ConstTensorView x, ConstTensorView mean, ConstTensorView r, ConstParameterView gamma,
                         ConstParameterView beta, double slope, Stream& stream);

/// Scratch bytes that the larger pass takes from the stream's workspace, over all implementations.
[[nodiscard]] std::size_t batch_norm_workspace(const Shape4& x, int block, std::int64_t split = 0);

/// One way of computing it. The list is in batch_norm.cpp, best first, reference last.
struct BatchNormImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward_training)(TensorView, TensorView, TensorView, ParameterView, ParameterView, ConstTensorView,
                           ConstParameterView, ConstParameterView, double, double, double, Stream&);
  void (*forward_inference)(TensorView, ConstTensorView, ConstParameterView, ConstParameterView,
                            ConstParameterView, ConstParameterView, double, double, Stream&);
  void (*backward)(TensorView, ParameterView, ParameterView, ConstTensorView, ConstTensorView,
                   ConstTensorView, ConstTensorView, ConstParameterView, ConstParameterView, double, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const BatchNormImplementation> batch_norm_implementations();

}  // namespace selfsame
