// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

// How a line of n points is transformed: a Stockham transform of mixed radix, decimation in frequency. Pass i
// takes n_i = m * radix points of each of its s interleaved parts, n_0 = n and s_0 = 1:
//
//   y[q + s (radix p + k)] = w^(p k) sum_j x[q + s (p + j m)] exp(-2 pi i j k / radix),  w = exp(-2 pi i /
//   n_i)
//
// for q < s, p < m, k < radix. The last pass has m = 1 and no twiddle factors; 1/sqrt(n) is in those of the
// first. Private to mri/fourier and mri/sense.

namespace selfsame {

struct FourierPass {
  int radix = 1;
  std::ptrdiff_t m = 1, s = 1;
  const float* twiddles = nullptr;  ///< (m, radix) complex; null: none
  const float* circle = nullptr;    ///< radix cosines, radix sines of 2 pi m / radix, if there is no codelet
  const float* halves = nullptr;    ///< an odd prime >= kFirstSparse with a codelet: (cos, sin) of
                                    ///< 2 pi j k / radix for k, j = 1 ... radix / 2
};

struct FourierPlan {
  static constexpr int kMaxPasses = 24;
  static constexpr int kLargestCodelet = 32;
  static constexpr int kFirstSparse = 11;  ///< smaller butterflies gain nothing by leaving outputs out

  std::ptrdiff_t n = 1;
  std::ptrdiff_t centre = 0;  ///< floor(n / 2): where index 0 of an array stands in its centred order
  int passes = 1;
  int largest_radix = 1;
  FourierPass pass[kMaxPasses];
};

/// A line and the way back: the passes of `inverse_order` have the radices in the opposite order, so that the
/// last pass of one and the first of the other work on the same points.
struct FourierPlans {
  FourierPlan forward, inverse_order;
};

/// Points of a line that the first and the last pass handle together: the width of a tile.
constexpr std::ptrdiff_t kFourierTile = 8;

/// Floats of work memory for blocks of `lanes` lines: a tile, two blocks, and two lines' worth of storage in
/// the caller's layout for the blocks at an edge.
struct FourierWorkSize {
  std::size_t tile, block, folded;
  FourierWorkSize(const FourierPlan& plan, int lanes)
      : tile(static_cast<std::size_t>(plan.largest_radix * kFourierTile * 2 * lanes)),
        block(static_cast<std::size_t>(plan.n * 2 * lanes)),
        folded(plan.largest_radix > FourierPlan::kLargestCodelet
                   ? static_cast<std::size_t>(plan.largest_radix * 2 * lanes)
                   : 0) {}
  [[nodiscard]] std::size_t floats() const { return tile + 2 * block + folded; }
};

/// Plans for lines of n points, made at the first call for an n and kept to the end of the process. Safe to
/// call from several threads.
[[nodiscard]] const FourierPlans& fourier_plans(std::ptrdiff_t n);

}  // namespace selfsame
