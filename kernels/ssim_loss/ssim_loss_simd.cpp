// SPDX-License-Identifier: Apache-2.0
// Box sums of kernels/ssim_loss/ssim_loss.hpp by segments of a row: seven rows are added column by column,
// then seven columns. Every sum has seven terms in a fixed order: no running sum that carries rounding along.
#include "kernels/ssim_loss/ssim_loss_rule.hpp"
#include "kernels/ssim_loss/ssim_loss_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

using ssim_rule::kMoments;
using ssim_rule::kSlopes;
using ssim_rule::kWindow;

constexpr std::int64_t kSegment = 64, kColumns = kSegment + kWindow - 1;

inline std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t larger(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

/// out[i] = in[i] + ... + in[i + 6]
void add_columns(double* __restrict__ out, const double* __restrict__ in, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    double sum = in[i];
    for (int t = 1; t < kWindow; ++t) {
      sum += in[i + t];
    }
    out[i] = sum;
  }
}

double window_row(double* slopes, const SsimImages& images, std::int64_t row) {
  const std::int64_t windows = images.w - kWindow + 1;
  double total = 0;
  for (std::int64_t first = 0; first < windows; first += kSegment) {
    const std::int64_t count = smaller(kSegment, windows - first), columns = count + kWindow - 1;
    double of_columns[kMoments][kColumns] = {}, of_windows[kMoments][kSegment];
    for (int r = 0; r < kWindow; ++r) {
      const float* x = images.x + (row + r) * images.w + first;
      const float* y = images.y + (row + r) * images.w + first;
      for (std::int64_t i = 0; i < columns; ++i) {
        const double a = static_cast<double>(x[i]), b = static_cast<double>(y[i]);
        of_columns[0][i] += a;
        of_columns[1][i] += b;
        of_columns[2][i] += a * a;
        of_columns[3][i] += b * b;
        of_columns[4][i] += a * b;
      }
    }
    for (int k = 0; k < kMoments; ++k) {
      add_columns(of_windows[k], of_columns[k], count);
    }
    for (std::int64_t j = 0; j < count; ++j) {
      const double sums[kMoments] = {of_windows[0][j], of_windows[1][j], of_windows[2][j], of_windows[3][j],
                                     of_windows[4][j]};
      const ssim_rule::Window window = ssim_rule::window_of(sums, images.c1, images.c2);
      total += window.ssim;
      if (slopes != nullptr) {
        slopes[first + j] = window.dx;
        slopes[windows + first + j] = window.dxx;
        slopes[2 * windows + first + j] = window.dxy;
      }
    }
  }
  return total;
}

void gradient_row(float* d, const double* slopes, const SsimImages& images, std::int64_t row, double scale) {
  const std::int64_t windows = images.w - kWindow + 1, window_rows = images.h - kWindow + 1;
  const std::int64_t upper = larger(0, row - kWindow + 1), lower = smaller(row, window_rows - 1);
  for (std::int64_t first = 0; first < images.w; first += kSegment) {
    const std::int64_t count = smaller(kSegment, images.w - first);
    // Column i holds window first - 6 + i; there are no windows outside [0, windows).
    const std::int64_t shift = first - kWindow + 1;
    const std::int64_t begin = larger(0, -shift), end = smaller(count + kWindow - 1, windows - shift);
    double of_columns[kSlopes][kColumns] = {}, of_pixels[kSlopes][kSegment];
    for (std::int64_t r = upper; r <= lower; ++r) {
      for (int k = 0; k < kSlopes; ++k) {
        const double* from = slopes + (r * kSlopes + k) * windows + shift;
        for (std::int64_t i = begin; i < end; ++i) {
          of_columns[k][i] += from[i];
        }
      }
    }
    for (int k = 0; k < kSlopes; ++k) {
      add_columns(of_pixels[k], of_columns[k], count);
    }
    const float* x = images.x + row * images.w + first;
    const float* y = images.y + row * images.w + first;
    for (std::int64_t i = 0; i < count; ++i) {
      const double a = static_cast<double>(x[i]), b = static_cast<double>(y[i]);
      d[first + i] =
          static_cast<float>(scale * (of_pixels[0][i] + 2 * a * of_pixels[1][i] + b * of_pixels[2][i]));
    }
  }
}

constexpr SsimLossKernels kKernels{window_row, gradient_row};

}  // namespace

const SsimLossKernels& ssim_loss_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
