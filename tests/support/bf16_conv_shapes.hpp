// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

namespace selfsame::test {

// Shapes of a bf16 network on the CPU: blocks of 32, planes of floats at the ends. Sizes around a tile of 16
// positions, rows that end within one, channels around a block, several strips of rows, many filters, lanes.
// Columns: lanes, samples, c, k, h, w, filter, dtype, x_block, y_block, x_split.
inline constexpr ConvShape kBf16ConvShapes[] = {
    // the first layer
    {1, 2, 1, 32, 17, 33, 3, DType::kBF16, 1, 32, 0},
    {3, 3, 3, 40, 5, 4, 3, DType::kBF16, 1, 32, 0},
    {1, 1, 2, 16, 3, 5, 1, DType::kBF16, 1, 32, 0},
    // blocks to blocks
    {1, 1, 32, 32, 1, 1, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 32, 32, 2, 3, 3, DType::kBF16, 32, 32, 0},
    {1, 3, 32, 32, 16, 16, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 32, 64, 19, 14, 3, DType::kBF16, 32, 32, 0},
    {1, 2, 64, 32, 33, 17, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 5, 70, 6, 29, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 33, 31, 8, 30, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 16, 16, 1, 33, 3, DType::kBF16, 32, 32, 0},
    {1, 1, 16, 48, 33, 1, 3, DType::kBF16, 32, 32, 0},
    {3, 6, 20, 17, 5, 5, 3, DType::kBF16, 32, 32, 0},
    {2, 4, 96, 70, 4, 6, 3, DType::kBF16, 32, 32, 0},
    {1, 2, 32, 40, 16, 17, 1, DType::kBF16, 32, 32, 0},
    {3, 3, 48, 70, 3, 4, 1, DType::kBF16, 32, 32, 0},
    {1, 1, 256, 256, 4, 5, 3, DType::kBF16, 32, 32, 0},
    // the last layer
    {1, 2, 32, 1, 16, 17, 1, DType::kBF16, 32, 1, 0},
    {2, 4, 40, 4, 4, 3, 3, DType::kBF16, 32, 1, 0},
    // concatenated inputs
    {1, 1, 48, 24, 5, 17, 3, DType::kBF16, 32, 32, 24},
    {3, 3, 80, 33, 3, 5, 3, DType::kBF16, 32, 32, 40},
    {1, 1, 64, 1, 5, 16, 1, DType::kBF16, 32, 1, 32},
    {1, 2, 48, 24, 5, 4, 1, DType::kBF16, 32, 32, 8},
};

// Columns: lanes, samples, c, k, h, w (of the input), dtype, x_block, y_block, x_split.
inline constexpr ConvTransposeShape kBf16ConvTransposeShapes[] = {
    {1, 1, 32, 32, 1, 1, DType::kBF16, 32, 32, 0},   {1, 2, 64, 32, 4, 17, DType::kBF16, 32, 32, 0},
    {1, 1, 32, 64, 17, 5, DType::kBF16, 32, 32, 0},  {1, 1, 24, 15, 1, 33, DType::kBF16, 32, 32, 0},
    {1, 1, 17, 48, 33, 1, DType::kBF16, 32, 32, 0},  {3, 6, 33, 40, 5, 4, DType::kBF16, 32, 32, 0},
    {2, 2, 70, 16, 3, 2, DType::kBF16, 32, 32, 0},   {1, 2, 16, 8, 5, 4, DType::kBF16, 32, 32, 8},
    {1, 1, 80, 70, 3, 17, DType::kBF16, 32, 32, 40},
};

}  // namespace selfsame::test
