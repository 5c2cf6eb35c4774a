// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/norm_plane/norm_plane_host.hpp"

// The versions that batch_norm.cpp lists. Private to this folder.

namespace selfsame::batch_norm_reference {
void forward_training(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                      ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                      ConstParameterView beta, double eps, double momentum, double slope, Stream& stream);
void forward_inference(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                       ConstParameterView running_var, ConstParameterView gamma, ConstParameterView beta,
                       double eps, double slope, Stream& stream);
void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream);
}  // namespace selfsame::batch_norm_reference

namespace selfsame::batch_norm_cpu {
void forward_training(norm_plane::KernelTable kernels, TensorView y, TensorView mean, TensorView r,
                      ParameterView running_mean, ParameterView running_var, ConstTensorView x,
                      ConstParameterView gamma, ConstParameterView beta, double eps, double momentum,
                      double slope, Stream& stream);
void forward_inference(norm_plane::KernelTable kernels, TensorView y, ConstTensorView x,
                       ConstParameterView running_mean, ConstParameterView running_var,
                       ConstParameterView gamma, ConstParameterView beta, double eps, double slope,
                       Stream& stream);
void backward(norm_plane::KernelTable kernels, TensorView dx, ParameterView dgamma, ParameterView dbeta,
              ConstTensorView dy, ConstTensorView x, ConstTensorView mean, ConstTensorView r,
              ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream);
}  // namespace selfsame::batch_norm_cpu
