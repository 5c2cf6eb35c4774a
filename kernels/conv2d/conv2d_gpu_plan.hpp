// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/conv2d/conv2d.hpp"

// How the GPU versions of conv2d divide their work: pure functions of the shape, tested without a GPU.

namespace selfsame {

constexpr int kGpuChannelBlock = 8;  ///< of blocked activations
constexpr int kConvWarps = 4;        ///< of every block of the convolutions: two blocks fill the registers
constexpr int kConvThreads = 32 * kConvWarps;

/// The outputs of one block of the tensor-core convolution. A warp computes 8x8 pixels and `n_tiles` blocks
/// of 8 channels.
struct ConvTile {
  int warps_y, warps_x, warps_k;  ///< their product is kConvWarps
  int n_tiles;
  [[nodiscard]] constexpr int rows() const { return 8 * warps_y; }
  [[nodiscard]] constexpr int cols() const { return 8 * warps_x; }
  [[nodiscard]] constexpr int channels() const { return 8 * n_tiles * warps_k; }
  /// Bytes of shared memory: two stages, each of one chunk (two 16-byte units of channels per pixel) of the
  /// input with its halo and of the weights.
  [[nodiscard]] constexpr std::size_t shared_bytes(int filter) const {
    const int halo = filter / 2 * 2;
    return static_cast<std::size_t>(2 * 2 * 16) *
           static_cast<std::size_t>((rows() + halo) * (cols() + halo) + filter * filter * channels());
  }
};

/// Large tiles first: fewest bytes from L2 and from shared memory per product. The small ones are for images
/// or batches too small to fill the GPU, and for 8x8 .. 24x24 pixels, where they waste less.
inline constexpr ConvTile kConvTiles[] = {
    {2, 2, 1, 8}, {2, 2, 1, 4}, {1, 1, 4, 4}, {1, 1, 4, 2}, {1, 2, 2, 2}};
inline constexpr int kConvTileCount = 5;

/// What a convolution computes: `samples` images of h x w pixels with `out_blocks` blocks of 8 channels.
struct ConvOutput {
  std::int64_t samples, h, w, out_blocks;
  int filter;
};

struct ConvPlan {
  int tile;  ///< of kConvTiles
  std::int64_t tiles_y, tiles_x, channel_tiles;
  std::size_t shared_bytes;
};
/// The tile that is expected to finish first. It may depend on the number of samples: every tile adds in the
/// same order, so the bits of a sample do not depend on the choice.
[[nodiscard]] ConvPlan conv2d_tensor_core_plan(const ConvOutput& output);
/// The same with a given tile.
[[nodiscard]] ConvPlan conv2d_tensor_core_plan(const ConvOutput& output, int tile);

/// The tile of the fp32 kernel without tensor cores: fixed.
struct DirectTile {
  static constexpr int kRows = 8, kCols = 16, kChannels = 32;
};

/// How the weight gradient of one lane is summed: its pixel tiles, over all samples of the lane, in `parts`
/// ranges that are added in order. Depends on the lane's own shape only.
struct ConvWeightPlan {
  int k_tile, c_tile;  ///< channels of dy and x per block
  int rows, cols;      ///< pixels of a tile
  std::int64_t tiles_y, tiles_x, k_tiles, c_tiles;
  std::int64_t parts;
  std::int64_t lanes_at_once;  ///< whose partial sums fit the workspace together
  std::size_t shared_bytes;
};
/// Floats from one channel of dy to the next where the sums of 32 x 32 channels leave through shared memory:
/// three more than there are, so that the lanes of a store meet no bank more than twice (counted by
/// scripts/kernel_traffic.sh).
[[nodiscard]] constexpr int conv2d_weight_row(int taps) { return 32 * taps + 3; }
/// `unit_channels`: channels in 16 bytes, 8 (bf16) or 4 (tf32).
[[nodiscard]] ConvWeightPlan conv2d_tensor_core_weight_plan(const ConvShape& shape, int unit_channels);
[[nodiscard]] ConvWeightPlan conv2d_direct_weight_plan(const ConvShape& shape);

/// Weight gradient with a plane on either side: a block sums `pixels` pixels for one pair of channel blocks.
[[nodiscard]] ConvWeightPlan conv2d_planes_weight_plan(const ConvShape& shape);

/// Ranges of a lane's pixels that the bias gradient sums separately.
[[nodiscard]] std::int64_t conv2d_bias_parts(std::int64_t samples_of_lane, std::int64_t plane);

/// Workspace of the partial sums of a weight gradient, and of all that a pass takes from the stream.
[[nodiscard]] std::size_t conv2d_parts_bytes(const ConvShape& shape, const ConvWeightPlan& plan);
[[nodiscard]] std::size_t conv2d_gpu_workspace(const ConvShape& shape);

/// Chunks of two 16-byte units that cover `blocks` blocks of 8 channels.
[[nodiscard]] constexpr std::int64_t conv2d_chunks(std::int64_t blocks, int unit_channels) {
  return (blocks * kGpuChannelBlock + 2 * unit_channels - 1) / (2 * unit_channels);
}

// Which shapes the versions take.
[[nodiscard]] bool conv2d_tensor_core_supports(const ConvShape& shape);  ///< bf16, blocks of 8 on both sides
[[nodiscard]] bool conv2d_direct_supports(const ConvShape& shape);       ///< fp32, blocks of 8 on both sides
/// fp32 or bf16, block 1 (float) on one side or both, else blocks of 8.
[[nodiscard]] bool conv2d_planes_supports(const ConvShape& shape);
[[nodiscard]] bool conv2d_tensor_core_tf32_supports(const ConvShape& shape);  ///< what fp32 networks have

}  // namespace selfsame
