// SPDX-License-Identifier: Apache-2.0
// The loops of tile_loops.hpp on the processor's tiles. Not yet run or timed on a processor with AMX: the
// emulated tiles run the same source in the tests. Compiled for AMX and AVX-512 with BF16; called only where
// amx_available().
#include "kernels/conv2d/tile_loops.hpp"

namespace selfsame {

const TileKernels& amx_tile_kernels() {
  static constexpr TileKernels kTable = TileLoops<HardwareTiles>::table();
  return kTable;
}

}  // namespace selfsame
