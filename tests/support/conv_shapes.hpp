// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

namespace selfsame::test {

// Shapes that find the corners of a fast path: sizes 1 to 5 and around a vector of 16, channels around a
// block of 16, every pair of blocks, concatenated inputs, lanes. Small, because the reference is slow.
// Columns: lanes, samples, c, k, h, w, filter, dtype, x_block, y_block, x_split.
inline constexpr ConvShape kConvShapes[] = {
    // plain NCHW
    {1, 1, 1, 1, 1, 1, 3, DType::kF32, 1, 1, 0},
    {1, 2, 1, 1, 1, 5, 3, DType::kF32, 1, 1, 0},
    {1, 1, 2, 3, 5, 1, 1, DType::kF32, 1, 1, 0},
    {1, 1, 3, 4, 17, 16, 3, DType::kF32, 1, 1, 0},
    {2, 2, 4, 2, 3, 2, 3, DType::kF32, 1, 1, 0},
    {1, 2, 5, 3, 4, 4, 3, DType::kF32, 1, 1, 2},
    // the first layer: NCHW to blocks
    {1, 1, 1, 16, 5, 16, 3, DType::kF32, 1, 16, 0},
    {1, 2, 1, 32, 17, 33, 3, DType::kF32, 1, 16, 0},
    {1, 1, 3, 24, 4, 5, 3, DType::kF32, 1, 16, 0},
    {1, 1, 2, 15, 1, 17, 3, DType::kF32, 1, 16, 0},
    {3, 3, 1, 48, 3, 3, 3, DType::kF32, 1, 16, 0},
    {1, 1, 2, 16, 16, 16, 1, DType::kF32, 1, 16, 0},
    {1, 1, 4, 17, 2, 4, 3, DType::kF32, 1, 16, 0},
    {1, 1, 1, 1, 2, 1, 3, DType::kF32, 1, 16, 0},
    {2, 6, 3, 32, 5, 2, 3, DType::kF32, 1, 16, 0},
    // blocks to blocks
    {1, 1, 16, 16, 1, 1, 3, DType::kF32, 16, 16, 0},
    {1, 1, 16, 16, 2, 3, 3, DType::kF32, 16, 16, 0},
    {1, 3, 16, 32, 16, 16, 3, DType::kF32, 16, 16, 0},
    {1, 1, 32, 16, 17, 33, 3, DType::kF32, 16, 16, 0},
    {1, 1, 32, 32, 33, 17, 3, DType::kF32, 16, 16, 0},
    {1, 1, 48, 48, 5, 16, 3, DType::kF32, 16, 16, 0},
    {1, 1, 24, 24, 5, 17, 3, DType::kF32, 16, 16, 0},
    {1, 1, 15, 17, 4, 5, 3, DType::kF32, 16, 16, 0},
    {1, 1, 17, 15, 3, 4, 3, DType::kF32, 16, 16, 0},
    {1, 1, 16, 48, 4, 2, 3, DType::kF32, 16, 16, 0},
    {1, 1, 16, 16, 1, 33, 3, DType::kF32, 16, 16, 0},
    {1, 1, 16, 16, 33, 1, 3, DType::kF32, 16, 16, 0},
    {1, 1, 16, 16, 6, 65, 3, DType::kF32, 16, 16, 0},
    {1, 1, 1, 2, 5, 5, 3, DType::kF32, 16, 16, 0},
    {1, 1, 4, 3, 5, 3, 3, DType::kF32, 16, 16, 0},
    {3, 6, 16, 16, 5, 5, 3, DType::kF32, 16, 16, 0},
    {8, 8, 16, 32, 3, 16, 3, DType::kF32, 16, 16, 0},
    {1, 2, 32, 16, 16, 17, 1, DType::kF32, 16, 16, 0},
    {1, 1, 24, 48, 3, 5, 1, DType::kF32, 16, 16, 0},
    {3, 3, 15, 32, 4, 4, 1, DType::kF32, 16, 16, 0},
    {1, 1, 16, 16, 1, 1, 1, DType::kF32, 16, 16, 0},
    // the last layer: blocks to NCHW
    {1, 1, 16, 1, 16, 16, 1, DType::kF32, 16, 1, 0},
    {1, 1, 32, 2, 17, 5, 1, DType::kF32, 16, 1, 0},
    {1, 1, 24, 3, 33, 16, 3, DType::kF32, 16, 1, 0},
    {1, 2, 48, 1, 5, 33, 1, DType::kF32, 16, 1, 0},
    {2, 4, 17, 4, 4, 3, 3, DType::kF32, 16, 1, 0},
    {1, 1, 16, 16, 1, 2, 1, DType::kF32, 16, 1, 0},
    {1, 3, 32, 1, 16, 17, 3, DType::kF32, 16, 1, 0},
    // concatenated inputs, each part in blocks of its own
    {1, 1, 48, 24, 5, 17, 3, DType::kF32, 16, 16, 24},
    {1, 1, 64, 32, 16, 16, 3, DType::kF32, 16, 16, 32},
    {1, 2, 16, 16, 5, 4, 3, DType::kF32, 16, 16, 8},
    {3, 3, 48, 16, 3, 5, 3, DType::kF32, 16, 16, 24},
    {1, 1, 48, 24, 5, 5, 1, DType::kF32, 16, 16, 24},
    {1, 1, 64, 1, 5, 16, 1, DType::kF32, 16, 1, 32},
    {2, 2, 19, 17, 4, 3, 3, DType::kF32, 16, 16, 3},
};

// Levels of a U-Net that divide their work in every way: few or many filters, several chunks of tiles, ranges
// of tile rows, rows shared by samples. Too large for the reference: compared with the direct version that
// the other tests compare with it, bitwise among lanes and threads.
inline constexpr ConvShape kWinogradShapes[] = {
    {1, 2, 16, 32, 34, 100, 3, DType::kF32, 16, 16, 0},  {1, 1, 48, 24, 130, 65, 3, DType::kF32, 16, 16, 24},
    {2, 6, 96, 80, 8, 9, 3, DType::kF32, 16, 16, 32},    {1, 3, 176, 200, 13, 16, 3, DType::kF32, 16, 16, 0},
    {2, 4, 184, 176, 8, 8, 3, DType::kF32, 16, 16, 100},
};

// Columns: lanes, samples, c, k, h, w (of the input), dtype, x_block, y_block, x_split.
inline constexpr ConvTransposeShape kConvTransposeShapes[] = {
    {1, 1, 1, 1, 1, 1, DType::kF32, 1, 1, 0},
    {1, 2, 3, 2, 5, 1, DType::kF32, 1, 1, 0},
    {2, 2, 4, 3, 2, 16, DType::kF32, 1, 1, 0},
    {1, 1, 2, 16, 3, 4, DType::kF32, 1, 16, 0},
    {1, 1, 16, 3, 4, 17, DType::kF32, 16, 1, 0},
    {1, 1, 16, 16, 1, 1, DType::kF32, 16, 16, 0},
    {1, 1, 32, 16, 2, 3, DType::kF32, 16, 16, 0},
    {1, 2, 32, 16, 16, 16, DType::kF32, 16, 16, 0},
    {1, 1, 64, 32, 4, 17, DType::kF32, 16, 16, 0},
    {1, 1, 48, 24, 5, 5, DType::kF32, 16, 16, 0},
    {1, 1, 24, 15, 1, 33, DType::kF32, 16, 16, 0},
    {1, 1, 17, 48, 33, 1, DType::kF32, 16, 16, 0},
    {1, 1, 15, 1, 3, 5, DType::kF32, 16, 16, 0},
    {1, 1, 2, 4, 16, 5, DType::kF32, 16, 16, 0},
    {3, 6, 16, 16, 5, 4, DType::kF32, 16, 16, 0},
    {8, 8, 32, 16, 3, 2, DType::kF32, 16, 16, 0},
    {3, 3, 15, 17, 4, 3, DType::kF32, 16, 16, 0},
    {1, 1, 32, 32, 17, 16, DType::kF32, 16, 16, 0},
    {1, 1, 6, 16, 7, 6, DType::kF32, 8, 8, 0},
    {1, 2, 16, 8, 5, 4, DType::kF32, 16, 16, 8},
    {1, 1, 48, 24, 3, 17, DType::kF32, 16, 16, 24},
    // blocks of 8, as on a GPU: tails of channels, of 32 or 64 columns and of 64 or 128 pixels, more than one
    // tile of each, concatenated inputs, sums over several parts
    {1, 1, 1, 1, 1, 1, DType::kF32, 8, 8, 0},
    {1, 1, 8, 8, 2, 1, DType::kF32, 8, 8, 0},
    {1, 2, 17, 9, 3, 5, DType::kF32, 8, 8, 0},
    {1, 1, 3, 41, 1, 7, DType::kF32, 8, 8, 0},
    {1, 1, 70, 5, 5, 1, DType::kF32, 8, 8, 0},
    {1, 3, 16, 8, 9, 7, DType::kF32, 8, 8, 0},
    {2, 4, 20, 8, 3, 4, DType::kF32, 8, 8, 3},
    {1, 1, 24, 16, 4, 4, DType::kF32, 8, 8, 8},
    {1, 1, 8, 3, 32, 33, DType::kF32, 8, 8, 0},
};

/// A sum of n fp32 products of random sign carries a rounding error of about u sqrt(n/2) times its own
/// typical size, u = 6e-8, in any fixed order. 4e-6 sqrt(n) is 70 u sqrt(n): it leaves room for the largest
/// of many elements and for one that cancelled, and none for a wrong or missing term, which is an error of
/// 1/sqrt(n).
inline double sum_bound(std::int64_t terms) { return 4e-6 * std::sqrt(static_cast<double>(terms)); }

}  // namespace selfsame::test
