// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"

// Pieces of kernels/reduction/reduction.hpp per instruction set. Private to this folder and its tests.

namespace selfsame {

// Part of the result: they fix the order of summation, on every device.
inline constexpr int kReductionPiece = 8192;  // elements
inline constexpr int kReductionWays = 16;     // interleaved sums of a piece

struct ReductionTable {
  double (*sum_of_squares)(const float* data, std::int64_t n);
  bool (*all_finite)(const float* data, std::int64_t n);
};
SELFSAME_DECLARE_ISA_TABLE(ReductionTable, reduction_table)

}  // namespace selfsame
