// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Mean squared error of every sample and its gradient for the mean over the B = N / lanes samples of a lane.
///
///   sample_values[n] = sum_{c,h,w} (p - t)^2 / (C*H*W)
///   dprediction      = 2 * (p - t) / (C*H*W*B),    the gradient of sum over lanes of (mean of sample_values
///   in the lane)
///
/// @param sample_values  N entries, overwritten; memory of the stream's device
/// @param dprediction    (N, C, H, W), overwritten; may be prediction or target; empty = not wanted
/// @param prediction     (N, C, H, W)
/// @param target         (N, C, H, W), layout of prediction
/// @param lanes          >= 1, divides N
/// Workspace: squared_error_workspace on a GPU, none on the CPU.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names them.
/// Exact:   differences, squares and sums in double, so a value has only its float inputs' error. A sample's
///          result does not depend on the other samples or the thread count.
/// Source:  definition.
void squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                   ConstTensorView target, std::int64_t lanes, Stream& stream);

/// Bytes that a call on a GPU takes from the stream's workspace.
[[nodiscard]] std::size_t squared_error_workspace(const Shape4& prediction);

/// One way of computing it. The list is in squared_error.cpp, best first, reference last.
struct SquaredErrorImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*squared_error)(std::span<double>, TensorView, ConstTensorView, ConstTensorView, std::int64_t,
                        Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const SquaredErrorImplementation> squared_error_implementations();

}  // namespace selfsame
