// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// The loops of ssim_loss_simd.cpp. Private to this folder.

namespace selfsame {

/// Prediction and target of one sample, and its constants.
struct SsimImages {
  const float *x, *y;
  std::int64_t h, w;
  double c1, c2;
};

struct SsimLossKernels {
  /// The sum of SSIM over the windows whose upper row is `row`. `slopes`: three rows of w - 6 numbers, the
  /// derivatives at u[x], u[xx], u[xy]; null = not wanted.
  double (*window_row)(double* slopes, const SsimImages& images, std::int64_t row);
  /// d_i = scale (F_i + 2 x_i G_i + y_i H_i) for one row of pixels; `slopes` of all windows of the sample,
  /// (h - 6, 3, w - 6). `d` may be the images' x.
  void (*gradient_row)(float* d, const double* slopes, const SsimImages& images, std::int64_t row,
                       double scale);
};
SELFSAME_DECLARE_ISA_TABLE(SsimLossKernels, ssim_loss_kernels)

}  // namespace selfsame
