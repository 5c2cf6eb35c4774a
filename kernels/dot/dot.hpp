// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// Mean product of two tensors over each sample, added to a value of the sample: the inner products that
/// estimate a divergence, b . (f(y + tau b) - f(y)) with a random b, and the terms of a loss that do not
/// depend on a network.
///
///   values[n] = keep * values[n] + scale * sum_{c,h,w} a * b / (C*H*W) + offset
///
/// keep = 0 overwrites: what was in `values` is not read, be it NaN. Gradients: da = (scale * dvalues[n] /
/// (C*H*W)) * b, and the same with a and b exchanged (kernels/add).
///
/// @param values  N entries, read unless keep = 0, and written; memory of the stream's device
/// @param a       (N, C, H, W), block 1, float or double
/// @param b       (N, C, H, W), layout of a; may be a
/// Workspace: sample_dot_workspace on a GPU, none on the CPU.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree, or without elements; the message names
///          them. GPUs take float only.
/// Exact:   products and sums in double: products of floats have no error. A sample's result does not depend
///          on the other samples or the thread count.
/// Source:  definition.
void sample_dot(std::span<double> values, double keep, double scale, double offset, ConstTensorView a,
                ConstTensorView b, Stream& stream);

/// Bytes that a call on a GPU takes from the stream's workspace.
[[nodiscard]] std::size_t sample_dot_workspace(const Shape4& shape);

/// What becomes of a sample's sum of products.
struct DotRule {
  double keep, scale, offset;
};

/// One way of computing it. The list is in dot.cpp, best first, reference last; its name for Stream::request
/// is "dot".
struct DotImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*sample_dot)(std::span<double>, const DotRule&, ConstTensorView, ConstTensorView, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const DotImplementation> dot_implementations();

}  // namespace selfsame
