// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Mean absolute error of every sample and a gradient for the mean over the B = N / lanes samples of a lane.
///
///   sample_values[n] = sum_{c,h,w} |p - t| / (C*H*W)
///   dprediction      = sign(p - t) / (C*H*W*B),    sign(0) = 0: of the subgradients the smallest
///
/// @param sample_values  N entries, overwritten; memory of the stream's device
/// @param dprediction    (N, C, H, W), overwritten; may be prediction or target; empty = not wanted
/// @param prediction     (N, C, H, W), block 1, contiguous, float (double: reference only)
/// @param target         as prediction
/// @param lanes          >= 1, divides N
/// Workspace: absolute_error_workspace.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names them.
/// Exact:   differences and sums in double. A sample's result does not depend on the other samples or the
///          thread count.
/// Source:  definition.
void absolute_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                    ConstTensorView target, std::int64_t lanes, Stream& stream);

/// Bytes that a call takes from the stream's workspace.
[[nodiscard]] std::size_t absolute_error_workspace(const Shape4& prediction);

/// One way of computing it. The list is in absolute_error.cpp, best first, reference last.
struct AbsoluteErrorImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*absolute_error)(std::span<double>, TensorView, ConstTensorView, ConstTensorView, std::int64_t,
                         Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const AbsoluteErrorImplementation> absolute_error_implementations();

}  // namespace selfsame
