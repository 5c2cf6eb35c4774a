// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/isa.hpp"
#include "kernels/device/philox_groups.hpp"

// The loops of neighbor_pairs_simd.cpp. Private to this folder.

namespace selfsame {

/// Rows of cells; rows of the image and of the results lie one after the other.
struct CellRow {
  const float* image;           ///< two rows of 2*count pixels, of the first channel
  float *first, *second;        ///< rows of `count` pixels, of the first channel
  std::int64_t count;           ///< cells
  std::int64_t channels;        ///< planes
  std::int64_t image_plane;     ///< elements from a channel to the next
  std::int64_t result_plane;    ///< the same of first and second
  std::uint64_t first_element;  ///< of the random stream: the number of the row's first cell
};

struct NeighborPairsKernels {
  void (*row)(const CellRow& row, const PhiloxStreamKey& key);
};
SELFSAME_DECLARE_ISA_TABLE(NeighborPairsKernels, neighbor_pairs_kernels)

}  // namespace selfsame
