// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

// Products of samples with numbers that live on the device: a number per sample (norms), or one per lane that
// is trained along (a Lagrange multiplier). Tensors are (N, C, H, W), block 1, contiguous, float or double;
// spans have N entries in memory of the stream's device. Errors: Error(kInternal) if shapes or counts
// disagree; GPUs take float only. Exact: one rounding per product; sums in double, in the order of samples.

/// y_n = (offset + factor * s_l) * a_n, l = n / B the lane of sample n.
/// @param y        overwritten; may be a
/// @param scalars  (L, 1)
void scale_lanes(TensorView y, ConstTensorView a, ConstParameterView scalars, double offset, double factor,
                 Stream& stream);

/// gradient_l += factor * mean over the samples of the lane of values_n.
/// @param gradient  (L, 1), L divides N
void add_lane_means(ParameterView gradient, std::span<const double> values, double factor, Stream& stream);

/// y_n /= d_n and values_n /= d_n. A divisor of 0 gives what IEEE gives.
void divide_samples(TensorView y, std::span<double> values, std::span<const double> divisors, Stream& stream);

}  // namespace selfsame
