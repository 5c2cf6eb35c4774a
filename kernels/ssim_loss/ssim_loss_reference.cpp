// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/ssim_loss/ssim_loss.hpp, window by window: float or double storage.
#include "kernels/ssim_loss/ssim_loss_reference.hpp"

#include <vector>

#include "kernels/device/elementwise.hpp"

namespace selfsame::ssim_loss_reference {
namespace {

constexpr std::int64_t kWindow = 7;
constexpr double kPixels = 49.0, kSample = 49.0 / 48.0;

/// Adds the derivatives of one window's SSIM at every pixel of it to `slopes`; returns the SSIM.
template <typename Real>
double add_window(double* slopes, const Real* x, const Real* y, std::int64_t w, double range) {
  double ux = 0, uy = 0, uxx = 0, uyy = 0, uxy = 0;
  for (std::int64_t r = 0; r < kWindow; ++r) {
    for (std::int64_t s = 0; s < kWindow; ++s) {
      const double a = x[r * w + s], b = y[r * w + s];
      ux += a / kPixels, uy += b / kPixels;
      uxx += a * a / kPixels, uyy += b * b / kPixels, uxy += a * b / kPixels;
    }
  }
  const double vx = kSample * (uxx - ux * ux), vy = kSample * (uyy - uy * uy);
  const double vxy = kSample * (uxy - ux * uy);
  const double c1 = 0.01 * range * (0.01 * range), c2 = 0.03 * range * (0.03 * range);
  const double a1 = 2 * ux * uy + c1, a2 = 2 * vxy + c2, b1 = ux * ux + uy * uy + c1, b2 = vx + vy + c2;
  const double ssim = a1 * a2 / (b1 * b2);
  const double f =
      2 * (uy * a2 - kSample * uy * a1) / (b1 * b2) - 2 * ux * ssim / b1 + 2 * kSample * ux * ssim / b2;
  const double g = -kSample * ssim / b2, h = 2 * kSample * a1 / (b1 * b2);
  for (std::int64_t r = 0; r < kWindow; ++r) {
    for (std::int64_t s = 0; s < kWindow; ++s) {
      slopes[r * w + s] +=
          (f + 2 * static_cast<double>(x[r * w + s]) * g + static_cast<double>(y[r * w + s]) * h) / kPixels;
    }
  }
  return ssim;
}

}  // namespace

void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream) {
  const Shape4 shape = prediction.shape;
  const std::int64_t rows = shape.h - kWindow + 1, columns = shape.w - kWindow + 1;
  const double M = static_cast<double>(rows * columns), B = static_cast<double>(shape.n / lanes);
  elementwise::for_dtype(prediction.dtype, [&](auto zero) {
    using Real = decltype(zero);
    stream.pool().run(shape.n, [&](std::int64_t n, int) {
      const Real* x = prediction.as<Real>() + n * shape.h * shape.w;
      const Real* y = target.as<Real>() + n * shape.h * shape.w;
      std::vector<double> slopes(static_cast<std::size_t>(shape.h * shape.w));
      double sum = 0;
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t s = 0; s < columns; ++s) {
          const std::int64_t at = r * shape.w + s;
          sum += add_window(slopes.data() + at, x + at, y + at, shape.w,
                            static_cast<double>(ranges[static_cast<std::size_t>(n)]));
        }
      }
      sample_values[static_cast<std::size_t>(n)] = 1 - sum / M;
      for (std::size_t i = 0; !dprediction.empty() && i < slopes.size(); ++i) {
        dprediction.as<Real>()[static_cast<std::size_t>(n) * slopes.size() + i] =
            static_cast<Real>(-slopes[i] / (M * B));
      }
    });
  });
}

}  // namespace selfsame::ssim_loss_reference
