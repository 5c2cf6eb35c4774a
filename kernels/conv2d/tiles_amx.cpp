// SPDX-License-Identifier: Apache-2.0
// The loops of tile_loops.hpp on the processor's tiles. Compiled for AMX and AVX-512 with BF16; called only
// where amx_available(). Not yet run or timed on a real processor with AMX: see docs/testing.md, "AMX".
#include "kernels/conv2d/tile_loops.hpp"

namespace selfsame {

const TileKernels& amx_tile_kernels() {
  static constexpr TileKernels kTable = TileLoops<HardwareTiles>::table();
  return kTable;
}

}  // namespace selfsame
