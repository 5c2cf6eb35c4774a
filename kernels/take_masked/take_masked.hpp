// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// Takes the pixels of a mask from another image and leaves the others as they are: how the passes of a
/// blind-spot network are put together.
///
///   y[n, c, i, j] = a[n, c, i, j]  where mask[n, 0, i, j] is not 0
///
/// @param y     (N, C, H, W), block 1, contiguous, float or double
/// @param a     (N, C, H, W), layout of y
/// @param mask  (N, 1, H, W), type of y
/// Errors: Error(kInternal) if shapes or types disagree; GPUs take float only. Exact: values are copied.
void take_masked(TensorView y, ConstTensorView a, ConstTensorView mask, Stream& stream);

}  // namespace selfsame
