// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Leaky rectifier, elementwise; slope 0 is ReLU.
///
///   y = x > 0 ? x : slope * x
///
/// @param y      (N, C, H, W), overwritten; may be x
/// @param x      (N, C, H, W), layout of y
/// @param slope  finite
/// Errors:  Error(kInternal) if the layouts differ; the message names both.
/// Exact:   one rounding per element, the same bits in every version.
/// Source:  definition.
void leaky_relu_forward(TensorView y, ConstTensorView x, double slope, Stream& stream);

/// dx = x > 0 ? dy : slope * dy; dx is overwritten and may be dy.
void leaky_relu_backward(TensorView dx, ConstTensorView dy, ConstTensorView x, double slope, Stream& stream);

/// One way of computing it. The list is in activation.cpp, best first, reference last; its name for
/// Stream::request is "activation".
struct ActivationImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, ConstTensorView, double, Stream&);
  void (*backward)(TensorView, ConstTensorView, ConstTensorView, double, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ActivationImplementation> activation_implementations();

}  // namespace selfsame
