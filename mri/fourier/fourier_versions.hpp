// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/isa.hpp"
#include "mri/fourier/fourier_plan.hpp"

// The blocks of fourier_simd.cpp: up to `lanes` lines each, float32. Private to mri/fourier.

namespace selfsame {

/// Columns of the layout between the passes of a 2-D transform: (groups, rows, 2, kFourierGroup) floats, real
/// and imaginary parts apart, so that a row of a group is one cache line.
constexpr std::ptrdiff_t kFourierGroup = 8;

struct FourierBlock {
  const FourierPlan* plan;
  float* y;
  const float* x;
  std::ptrdiff_t stride;  ///< of rows or columns, in floats, in x and y
  std::ptrdiff_t lines;   ///< 1 ... lanes
  float* work;            ///< FourierWorkSize floats, then `edge`: 2 n lanes floats
  bool inverse;
  bool past_caches;  ///< y is not read again soon
};

struct FourierPlane {
  const FourierPlan* rows;     ///< along W
  const FourierPlan* columns;  ///< along H
  float* y;
  const float* x;
  float* between;  ///< fourier_between() floats
  float* work;
  bool inverse;
  bool past_caches;
};

struct FourierKernels {
  int lanes;
  void (*rows)(const FourierBlock&);     ///< lines are rows
  void (*columns)(const FourierBlock&);  ///< lines are neighbouring columns
  /// A plane's first half, rows into `between`, and its second, columns of `between` into y. `block` counts
  /// lanes of rows, or of columns from the centre on.
  void (*plane_rows)(const FourierPlane&, std::ptrdiff_t block);
  void (*plane_columns)(const FourierPlane&, std::ptrdiff_t block);
};

/// Floats of work memory for blocks of lines of this plan, the edge included.
[[nodiscard]] inline std::size_t fourier_block_work(const FourierPlan& plan, int lanes) {
  return FourierWorkSize(plan, lanes).floats() + static_cast<std::size_t>(plan.n * 2 * lanes);
}

/// Rows of `between`: whole blocks.
[[nodiscard]] inline std::ptrdiff_t fourier_between_rows(std::ptrdiff_t h, int lanes) {
  return (h + lanes - 1) / lanes * lanes;
}
[[nodiscard]] inline std::size_t fourier_between(std::ptrdiff_t h, std::ptrdiff_t w, int lanes) {
  const std::ptrdiff_t groups = (w + 15) / 16 * 2;
  return static_cast<std::size_t>(groups * fourier_between_rows(h, lanes) * 2 * kFourierGroup);
}

SELFSAME_DECLARE_ISA_TABLE(FourierKernels, fourier_kernels)

}  // namespace selfsame
