// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/elementwise.hpp"

namespace selfsame {

/// How the planes (h, w) of x become planes of y: by which statistics, and where in a larger plane they lie.
struct StandardizeOptions {
  bool unbiased = true;            ///< the variance is divided by M - 1 (PyTorch's std), else by M
  double eps = 0;                  ///< added to the standard deviation where it divides
  double limit = 0;                ///< y is clamped to [-limit, limit]; 0 = not
  std::int64_t top = 0, left = 0;  ///< of x within the planes of y; zeros around it
};

/// Mean 0 and standard deviation 1 for every plane, M = h*w pixels:
///
///   mean = sum(x) / M,   std = sqrt(sum((x - mean)^2) / D),   D = M - 1 or M, at least 1
///   y[top + i, left + j] = (x[i, j] - mean) * r,   r = 1 / (std + eps);   0 elsewhere
///
/// A plane without spread (std = 0) becomes zeros: r = 0 there.
///
/// @param y     (N, C, H, W), H >= h + top, W >= w + left, overwritten; not x
/// @param mean  (N, C, 1, 1), overwritten
/// @param std   as mean; what x is multiplied with in unstandardize, without eps
/// @param x     (N, C, h, w)
/// All tensors have block 1, lie without gaps between samples, and are float or double.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree; the message names both.
/// Exact:   sums in double in an order that the shape alone decides; y, fp32, within 3 roundings of the
///          largest of |x| and |mean|, times r. The bits of a plane do not depend on N, C or threads.
/// Memory:  standardize_workspace bytes of the stream's workspace, as the backward passes.
/// Source:  definition; NormUnet and the normalisation of fastMRI (Sriram et al. 2020; Zbontar et al. 2018).
void standardize_forward(TensorView y, TensorView mean, TensorView std, ConstTensorView x,
                         const StandardizeOptions& options, Stream& stream);

/// dx = r*(dy - mean(dy)) + dmean/M + y*(std + eps)/(D*std) * (dstd - r*sum(dy*y)), sums and dy over the
/// window; where std = 0, dx = dmean/M.
///
/// @param dx           (N, C, h, w), overwritten
/// @param dy           (N, C, H, W)
/// @param y            (N, C, H, W), of the forward, without a limit
/// @param dmean, dstd  (N, C, 1, 1): gradients at the statistics from elsewhere; both empty = 0
void standardize_backward(TensorView dx, ConstTensorView dy, ConstTensorView y, ConstTensorView std,
                          ConstTensorView dmean, ConstTensorView dstd, const StandardizeOptions& options,
                          Stream& stream);

/// The way back, from the window: z[i, j] = y[top + i, left + j] * std + mean. z is overwritten.
void unstandardize_forward(TensorView z, ConstTensorView y, ConstTensorView mean, ConstTensorView std,
                           const StandardizeOptions& options, Stream& stream);

/// dy = dz * std in the window and 0 elsewhere; dmean = sum(dz); dstd = sum(dz * y): all overwritten. dmean
/// and dstd may both be empty: then y may be empty too.
void unstandardize_backward(TensorView dy, TensorView dmean, TensorView dstd, ConstTensorView dz,
                            ConstTensorView y, ConstTensorView std, const StandardizeOptions& options,
                            Stream& stream);

/// Scratch bytes that the largest of the passes takes for planes of x (N, C, h, w).
[[nodiscard]] std::size_t standardize_workspace(const Shape4& x, DeviceKind device);

/// One way of computing it. The list is in standardize.cpp, best first, reference last.
struct StandardizeImplementation {
  const char* name;
  bool (*supports)(const ElementwiseProblem&);
  void (*forward)(TensorView, TensorView, TensorView, ConstTensorView, const StandardizeOptions&, Stream&);
  void (*backward)(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                   ConstTensorView, const StandardizeOptions&, Stream&);
  void (*back_forward)(TensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                       const StandardizeOptions&, Stream&);
  void (*back_backward)(TensorView, TensorView, TensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                        const StandardizeOptions&, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const StandardizeImplementation> standardize_implementations();

}  // namespace selfsame
