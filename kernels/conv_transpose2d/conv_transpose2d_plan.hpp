// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "kernels/device/gpu/launch_shape.hpp"

// How the GPU versions divide their work: pure functions of the shape. Private to this folder and its tests.
//
// Forward and backward_data are one matrix product per lane. Its rows are the lane's pixels (of the small
// image, over all samples of the lane); a column tile is the output channels with their taps, and the sum
// runs over "pieces": 16 bytes of one pixel's channel block, 8 channels in bf16 and 4 in float.
//
//   pass            columns                         pieces of the sum
//   forward         (k block, tap, k % 8)           (c block, half)
//   backward_data   (c block, c % 8)                (k block, tap, half)
//
// The sum of one output runs over the pieces in this order whatever the tile, so a tile may be chosen for the
// whole grid. Backward_weight sums over the pixels of a lane in parts, whose number depends on the shape of
// one lane only; the parts are added in their order.

namespace selfsame::conv_transpose2d_gpu {

enum class Pass { kForward, kBackwardData };

constexpr int kBlock = 8;        ///< channels of a block, in float and in bf16
constexpr int kTaps = 4;         ///< of the filter, (i, j) -> 2*i + j
constexpr int kChunkPieces = 4;  ///< pieces that are summed between two barriers
constexpr int kStages = 3;       ///< chunks in shared memory: one in use, two under way
constexpr int kGroupUnits = 4;   ///< (k block, tap) or c blocks in a group of 32 columns

/// Bytes of packed weights for one group of 32 columns and one chunk: 4 pieces of 16 bytes per column.
constexpr int kGroupBytes = kGroupUnits * kBlock * kChunkPieces * 16;

/// Rows and columns that a block of threads computes; it has two threads per pixel.
struct ProductTile {
  int pixels, groups;
  [[nodiscard]] constexpr int threads() const { return 2 * pixels; }
  [[nodiscard]] constexpr std::size_t shared_bytes() const {
    return static_cast<std::size_t>(kStages * (kChunkPieces * pixels * 16 + groups * kGroupBytes));
  }
};
constexpr ProductTile kWideTile{128, 4}, kNarrowTile{64, 2};
/// Of the direct version: one thread per pixel, which computes 8 pixels and 8 columns.
constexpr ProductTile kDirectTile{128, 2};
constexpr int kDirectThreads = 128;

struct ProductPlan {
  ProductTile tile{};
  bool wide = false;
  int pieces = 0, chunks = 0;
  int groups = 0;        ///< of 32 columns, filled up to whole tiles
  int column_tiles = 0;  ///< of the grid's x, which runs over them first
  int pixels = 0;        ///< of a lane
  std::size_t packed_bytes = 0;
  LaunchShape launch;
};
/// For the tensor cores, with the wide tile where it fills a GPU.
[[nodiscard]] ProductPlan plan_tensor_core(const ConvTransposeShape& shape, Pass pass);
[[nodiscard]] ProductPlan plan_direct(const ConvTransposeShape& shape, Pass pass);

constexpr int kWeightThreads = 128;
constexpr int kWeightCBlocks = 8, kWeightKBlocks = 4;  ///< of the tile: 64 channels, 32 * 4 columns
constexpr int kWeightPixels = 32;                      ///< summed between two barriers

/// 16-byte steps between the rows of pixels of two pieces in shared memory: 32 for ldmatrix, which reads 8
/// pixels of one piece; more where single words of several pieces are read at a time, without bank conflicts.
[[nodiscard]] constexpr int weight_pitch_tensor_core(DType dtype) { return dtype == DType::kBF16 ? 32 : 36; }
constexpr int kWeightPitchDirect = 33;

struct WeightPlan {
  int c_tiles = 0, k_tiles = 0;
  int chunks = 0;           ///< of kWeightPixels pixels, in a lane
  int chunks_per_part = 0;  ///< the last part may have fewer
  int parts = 0;
  int pixels = 0;  ///< of a lane
  std::size_t partial_bytes = 0;
  LaunchShape launch;
};
[[nodiscard]] WeightPlan plan_weight(const ConvTransposeShape& shape, int pitch);

/// The largest need of the versions that support the shape; 0 if none does.
[[nodiscard]] std::size_t workspace(const ConvTransposeShape& shape);

/// bf16, or float, with blocks of 8 on both sides.
[[nodiscard]] bool supports_tensor_core(const ConvTransposeShape& shape);
[[nodiscard]] bool supports_float(const ConvTransposeShape& shape);

}  // namespace selfsame::conv_transpose2d_gpu
