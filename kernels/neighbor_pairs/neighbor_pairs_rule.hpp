// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/bf16.hpp"
#include "kernels/device/philox.hpp"
#include "kernels/noise/sample_origin.hpp"

// Which pixels of a cell are taken, on the host and on GPUs. Private to this folder.

namespace selfsame::neighbor_pairs_rule {

/// Rows and columns of a cell's two pixels, 0 or 1.
struct CellPair {
  int first_row, first_column, second_row, second_column;
};

/// By the three highest bits of a word: a column or a row of the cell; which; in which order.
SELFSAME_HOST_DEVICE inline CellPair pair_of(std::uint32_t word) {
  const bool column = (word & 0x80000000u) != 0, exchanged = (word & 0x20000000u) != 0;
  const int which = (word & 0x40000000u) != 0 ? 1 : 0, first = exchanged ? 1 : 0, second = 1 - first;
  return column ? CellPair{first, which, second, which} : CellPair{which, first, which, second};
}

SELFSAME_HOST_DEVICE inline RandomStream stream_of(const SampleOrigin& origin) {
  return random_stream(origin, RandomPurpose::kObjective);
}

}  // namespace selfsame::neighbor_pairs_rule
