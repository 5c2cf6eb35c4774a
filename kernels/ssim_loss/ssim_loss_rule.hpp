// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/bf16.hpp"

// SSIM of one window and its derivatives: one formula for the reference, the CPU and the GPU. Private to this
// folder. Static, and without inline code of the standard library: ssim_loss_simd.cpp includes it
// (kernels/device/isa.hpp says why).

namespace selfsame::ssim_rule {

constexpr int kWindow = 7;
constexpr double kPixels = kWindow * kWindow, kSample = kPixels / (kPixels - 1);

/// Sums over the pixels of a window (or of a column of it): x, y, xx, yy, xy.
constexpr int kMoments = 5;
/// Sums over windows of what the gradient needs.
constexpr int kSlopes = 3;

struct Window {
  double ssim, dx, dxx, dxy;  ///< S and its derivatives at u[x], u[xx], u[xy]
};

SELFSAME_HOST_DEVICE static inline Window window_of(const double (&sums)[kMoments], double c1, double c2) {
  const double ux = sums[0] / kPixels, uy = sums[1] / kPixels;
  const double vx = kSample * (sums[2] / kPixels - ux * ux), vy = kSample * (sums[3] / kPixels - uy * uy);
  const double vxy = kSample * (sums[4] / kPixels - ux * uy);
  const double a1 = 2 * ux * uy + c1, a2 = 2 * vxy + c2, b1 = ux * ux + uy * uy + c1, b2 = vx + vy + c2;
  const double both = b1 * b2, ssim = a1 * a2 / both;
  return {ssim, 2 * uy * (a2 - kSample * a1) / both - 2 * ux * ssim * (1 / b1 - kSample / b2),
          -kSample * ssim / b2, 2 * kSample * a1 / both};
}

SELFSAME_HOST_DEVICE static inline double constant_of(double k, float range) {
  const double v = k * static_cast<double>(range);
  return v * v;
}
SELFSAME_HOST_DEVICE static inline double c1_of(float range) { return constant_of(0.01, range); }
SELFSAME_HOST_DEVICE static inline double c2_of(float range) { return constant_of(0.03, range); }

}  // namespace selfsame::ssim_rule
