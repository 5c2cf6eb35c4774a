// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {

/// 1 - mean SSIM of every sample, and its gradient for the mean over the B = N / lanes samples of a lane: the
/// loss of fastMRI. Over every window j of 7 x 7 pixels inside the image (there are M = (H-6) * (W-6)), with
/// u the mean over its 49 pixels, c = 49/48 and x, y prediction and target:
///
///   vx = c (u[xx] - u[x]^2)     vy = c (u[yy] - u[y]^2)     vxy = c (u[xy] - u[x] u[y])
///   a1 = 2 u[x] u[y] + C1       a2 = 2 vxy + C2             C1 = (0.01 range)^2, C2 = (0.03 range)^2
///   b1 = u[x]^2 + u[y]^2 + C1   b2 = vx + vy + C2
///   S_j = a1 a2 / (b1 b2)       sample_values[n] = 1 - sum_j S_j / M
///
/// The gradient: S depends on x through u[x], u[xx] and u[xy], with
///
///   f_j = dS/du[x]  = 2 (u[y] a2 - c u[y] a1) / (b1 b2) - 2 u[x] S / b1 + 2 c u[x] S / b2
///   g_j = dS/du[xx] = -c S / b2
///   h_j = dS/du[xy] = 2 c a1 / (b1 b2)
///
/// and du[x] = dx_i / 49, du[xx] = 2 x_i dx_i / 49, du[xy] = y_i dx_i / 49 for every pixel i of the window:
///
///   dprediction_i = -(F_i + 2 x_i G_i + y_i H_i) / (49 M B),   F, G, H: sums of f, g, h over the windows j
///                                                              that hold pixel i
///
/// Both passes are sums over 7 x 7 boxes: first along columns, then along rows.
///
/// @param sample_values  N entries, overwritten; memory of the stream's device, as all spans
/// @param dprediction    (N, 1, H, W), overwritten; may be prediction, not target; empty = not wanted
/// @param prediction     (N, 1, H, W), block 1, contiguous, float (double: reference only)
/// @param target         as prediction
/// @param ranges         N entries, the data range of every sample, > 0
/// @param lanes          >= 1, divides N
/// Workspace: ssim_loss_workspace.
/// Errors:  Error(kInternal) if shapes, layouts or types disagree, or for images below 7 x 7; the message
///          names them.
/// Exact:   everything in double. A sample's result does not depend on the other samples or the thread count.
/// Source:  Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Process. 13, 2004; the constants: Zbontar et
///          al., "fastMRI", 2018. The gradient: derived above.
void ssim_loss(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
               ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream);

/// Bytes that a call takes from the stream's workspace.
[[nodiscard]] std::size_t ssim_loss_workspace(const Shape4& prediction);

/// One way of computing it. The list is in ssim_loss.cpp, best first, reference last.
struct SsimLossImplementation {
  const char* name;
  bool (*supports)(const DType&);
  void (*ssim_loss)(std::span<double>, TensorView, ConstTensorView, ConstTensorView, std::span<const float>,
                    std::int64_t, Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const SsimLossImplementation> ssim_loss_implementations();

}  // namespace selfsame
