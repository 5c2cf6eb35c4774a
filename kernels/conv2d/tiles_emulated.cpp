// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/tile_loops.hpp"

namespace selfsame {

const TileKernels& emulated_tile_kernels() {
  static constexpr TileKernels kTable = TileLoops<EmulatedTiles>::table();
  return kTable;
}

}  // namespace selfsame
