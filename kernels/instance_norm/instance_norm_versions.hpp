// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/norm_plane/norm_plane_host.hpp"

// The versions that instance_norm.cpp lists. Private to this folder.

namespace selfsame::instance_norm_reference {
void forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x, ConstParameterView gamma,
             ConstParameterView beta, double eps, double slope, Stream& stream);
void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream);
}  // namespace selfsame::instance_norm_reference

namespace selfsame::instance_norm_cpu {
void forward(norm_plane::KernelTable kernels, TensorView y, TensorView mean, TensorView r, ConstTensorView x,
             ConstParameterView gamma, ConstParameterView beta, double eps, double slope, Stream& stream);
void backward(norm_plane::KernelTable kernels, TensorView dx, ParameterView dgamma, ParameterView dbeta,
              ConstTensorView dy, ConstTensorView x, ConstTensorView mean, ConstTensorView r,
              ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream);
}  // namespace selfsame::instance_norm_cpu
