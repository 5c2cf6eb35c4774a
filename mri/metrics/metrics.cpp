// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/metrics.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kWindow = 7;
constexpr double kCount = kWindow * kWindow;

/// Sums of x, y, x^2, y^2 and xy.
enum { kX, kY, kXX, kYY, kXY, kSums };

double similarity(const std::array<double, kSums>& sum, double c1, double c2) {
  const double mx = sum[kX] / kCount, my = sum[kY] / kCount;
  constexpr double kSample = kCount / (kCount - 1.0);
  const double sx = kSample * (sum[kXX] / kCount - mx * mx), sy = kSample * (sum[kYY] / kCount - my * my);
  const double sxy = kSample * (sum[kXY] / kCount - mx * my);
  return (2 * mx * my + c1) * (2 * sxy + c2) / ((mx * mx + my * my + c1) * (sx + sy + c2));
}

/// Window sums are made in two passes, seven rows to column sums, then seven columns: a fixed number of
/// additions per pixel and, unlike sums that slide, no rounding that stays behind.
double ssim_of_plane(const float* x, const float* y, std::int64_t h, std::int64_t w, double c1, double c2) {
  std::array<std::vector<double>, kSums> columns;
  for (auto& column : columns) {
    column.resize(static_cast<std::size_t>(w));
  }
  double total = 0;
  for (std::int64_t top = 0; top + kWindow <= h; ++top) {
    for (std::size_t q = 0; q < static_cast<std::size_t>(w); ++q) {
      std::array<double, kSums> sum{};
      for (std::int64_t r = 0; r < kWindow; ++r) {
        const double a = x[static_cast<std::size_t>((top + r) * w) + q];
        const double b = y[static_cast<std::size_t>((top + r) * w) + q];
        sum[kX] += a;
        sum[kY] += b;
        sum[kXX] += a * a;
        sum[kYY] += b * b;
        sum[kXY] += a * b;
      }
      for (std::size_t k = 0; k < kSums; ++k) {
        columns[k][q] = sum[k];
      }
    }
    double row = 0;
    for (std::size_t left = 0; left + kWindow <= static_cast<std::size_t>(w); ++left) {
      std::array<double, kSums> sum{};
      for (std::size_t k = 0; k < kSums; ++k) {
        for (std::size_t s = 0; s < kWindow; ++s) {
          sum[k] += columns[k][left + s];
        }
      }
      row += similarity(sum, c1, c2);
    }
    total += row;
  }
  return total / static_cast<double>((h - kWindow + 1) * (w - kWindow + 1));
}

}  // namespace

double mean_squared_error(std::span<const float> reference, std::span<const float> prediction) {
  SELFSAME_CHECK(reference.size() == prediction.size() && !reference.empty(), "images of {} and {} elements",
                 reference.size(), prediction.size());
  double sum = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double d = static_cast<double>(reference[i]) - static_cast<double>(prediction[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(reference.size());
}

double psnr(std::span<const float> reference, std::span<const float> prediction, double peak) {
  SELFSAME_CHECK(peak > 0.0, "peak {}", peak);
  const double error = mean_squared_error(reference, prediction);
  return error == 0.0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(peak * peak / error);
}

double ssim(std::span<const float> reference, std::span<const float> prediction, const ImageSize& size,
            double data_range) {
  SELFSAME_CHECK(
      static_cast<std::int64_t>(reference.size()) == size.count() && reference.size() == prediction.size(),
      "images of {} and {} elements, size ({}, {}, {})", reference.size(), prediction.size(), size.channels,
      size.h, size.w);
  SELFSAME_CHECK(size.channels >= 1 && size.h >= kWindow && size.w >= kWindow, "size ({}, {}, {}) below 7x7",
                 size.channels, size.h, size.w);
  SELFSAME_CHECK(data_range > 0.0, "data_range {}", data_range);
  const double c1 = 0.01 * data_range * (0.01 * data_range), c2 = 0.03 * data_range * (0.03 * data_range);
  double total = 0;
  for (std::int64_t c = 0; c < size.channels; ++c) {
    const std::int64_t plane = c * size.h * size.w;
    total += ssim_of_plane(reference.data() + plane, prediction.data() + plane, size.h, size.w, c1, c2);
  }
  return total / static_cast<double>(size.channels);
}

}  // namespace selfsame
