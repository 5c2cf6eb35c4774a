// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Mean squared error over a set J of pixels of every sample, and its gradient for the mean over the B = N /
/// lanes samples of a lane.
///
///   sample_values[n] = sum_{c, (h,w) in J_n} (p - t)^2 / (C * |J_n|)
///   dprediction      = 2 * (p - t) / (C * |J_n| * B) in J_n,  0 elsewhere
///
/// What prediction and target hold outside J is not read into either, be it NaN. A sample whose J is empty
/// has value and gradient 0.
///
/// @param sample_values  N entries, overwritten; memory of the stream's device
/// @param dprediction    (N, C, H, W), overwritten; may be prediction or target; empty = not wanted
/// @param prediction     (N, C, H, W), block 1, float or double
/// @param target         (N, C, H, W), layout of prediction
/// @param mask           (N, 1, H, W), type of prediction: not 0 in J
/// @param lanes          >= 1, divides N
/// Workspace: masked_error_workspace on a GPU, none on the CPU.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names them. GPUs take float
///          only.
/// Exact:   differences, squares and sums in double, so a value has only its float inputs' error. A sample's
///          result does not depend on the other samples or the thread count.
/// Source:  definition.
void masked_squared_error(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
                          ConstTensorView target, ConstTensorView mask, std::int64_t lanes, Stream& stream);

/// Bytes that a call on a GPU takes from the stream's workspace.
[[nodiscard]] std::size_t masked_error_workspace(const Shape4& prediction);

/// One way of computing it. The list is in masked_error.cpp, best first, reference last; its name for
/// Stream::request is "masked_error".
struct MaskedErrorImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*squared_error)(std::span<double>, TensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                        std::int64_t, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const MaskedErrorImplementation> masked_error_implementations();

}  // namespace selfsame
