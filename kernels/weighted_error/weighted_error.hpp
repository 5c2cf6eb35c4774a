// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

// Errors of coil k-space, weighted by frequency. A lane's loss is the mean over its B = N / lanes samples,
// and the gradients below are those of the sum over lanes. Of all three functions:
//
// @param prediction, target  (N, C, H, W) complex, float (double: reference only)
// @param weights             (N, 1, h, W) real, h = 1 (the same for every row) or H, block 1, contiguous;
//                            not negative
// @param sample_values       N entries, overwritten; memory of the stream's device, as all spans
// @param dprediction         (N, C, H, W), overwritten; may be prediction or target; empty = not wanted
// @param lanes               >= 1, divides N
// Workspace: weighted_error_workspace.
// Errors:  Error(kInternal) if shapes, types or counts disagree; the message names them.
// Exact:   differences, squares, moduli and sums in double, so a value has only its float inputs' error. A
//          sample's result does not depend on the other samples or the thread count.
// Source:  definition.

/// Weighted squared error and its gradient, w = weights[n, y or 0, x]:
///
///   sample_values[n] = sum_{c,y,x} w |p - t|^2 / d_n
///   dprediction      = 2 w (p - t) / (d_n B)
///
/// @param divisors  N entries d_n, taken as constants; empty = C*H*W for all. A divisor of 0 gives values
///                  that are not finite.
void weighted_squared_error(std::span<double> sample_values, ComplexView dprediction,
                            ConstComplexView prediction, ConstComplexView target, ConstTensorView weights,
                            std::span<const double> divisors, std::int64_t lanes, Stream& stream);

/// sums[n] = sum_{c,y,x} w |z|^2: what losses that are relative to their target are divided by.
void weighted_squares(std::span<double> sums, ConstComplexView z, ConstTensorView weights, Stream& stream);

/// Relative error in both norms (SSDU: Yaman et al., MRM 84, 2020), weights 0 or 1:
///
///   E2 = sum w |p - t|^2,  N2 = sum w |t|^2,  E1 = sum w |p - t|,  N1 = sum w |t|    over c, y, x
///   sample_values[n] = 1/2 sqrt(E2 / N2) + 1/2 E1 / N1
///   dprediction      = w (p - t) (1/2 / sqrt(E2 N2) + 1/2 / (N1 |p - t|)) / B
///
/// from d sqrt(E2) = d E2 / (2 sqrt(E2)), d|z| = Re(conj(z) dz) / |z|. Of the subgradients where p = t the 0
/// is taken. A target without anything in the loss set (N1 = 0) gives values that are not finite.
void relative_error(std::span<double> sample_values, ComplexView dprediction, ConstComplexView prediction,
                    ConstComplexView target, ConstTensorView weights, std::int64_t lanes, Stream& stream);

/// Bytes that a call takes from the stream's workspace.
[[nodiscard]] std::size_t weighted_error_workspace(const Shape4& prediction);

/// One way of computing it. The list is in weighted_error.cpp, best first, reference last; its name for
/// Stream::request is "weighted_error".
struct WeightedErrorImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*squared_error)(std::span<double>, ComplexView, ConstComplexView, ConstComplexView, ConstTensorView,
                        std::span<const double>, std::int64_t, Stream&);
  void (*squares)(std::span<double>, ConstComplexView, ConstTensorView, Stream&);
  void (*relative)(std::span<double>, ComplexView, ConstComplexView, ConstComplexView, ConstTensorView,
                   std::int64_t, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const WeightedErrorImplementation> weighted_error_implementations();

}  // namespace selfsame
