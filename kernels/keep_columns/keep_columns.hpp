// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// A band of columns of every plane, zeros elsewhere: the centre lines of k-space. Its own adjoint.
///
///   y[n,c,h,w] = first <= w < first + count ? x[n,c,h,w] : 0
///
/// @param y  (N, C, H, W), overwritten; may be x
/// @param x  (N, C, H, W); of complex numbers, columns are counted in parts: twice as many. Both of block 1,
///           without gaps between samples, float or double
/// Errors:  Error(kInternal) if shapes, layouts or types differ, or the band is not within [0, W].
/// Exact:   nothing is rounded.
/// Source:  definition.
void keep_columns(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream);

/// One way of computing it. The list is in keep_columns.cpp, best first, reference last.
struct KeepColumnsImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*run)(TensorView y, ConstTensorView x, std::int64_t first, std::int64_t count, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const KeepColumnsImplementation> keep_columns_implementations();

}  // namespace selfsame
