// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Weighted sum of two tensors: residual addition, subtraction, scaling and copying. Its backward is itself
/// with one operand: da = alpha * dy, db = beta * dy.
///
///   y = alpha * a + beta * b
///
/// @param y  (N, C, H, W), overwritten; may be a or b
/// @param a  (N, C, H, W), layout of y
/// @param b  (N, C, H, W), layout of y, or empty: y = alpha * a
/// Errors:  Error(kInternal) if the layouts differ; the message names both.
/// Exact:   at most two roundings per term.
/// Source:  definition.
void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream);

/// One way of computing it. The list is in add.cpp, best first, reference last; its name for Stream::request
/// is "add".
struct AddImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*add_scaled)(TensorView, float, ConstTensorView, float, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const AddImplementation> add_implementations();

}  // namespace selfsame
