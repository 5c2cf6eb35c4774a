// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d_gpu_plan.hpp"

#include <algorithm>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

namespace selfsame {
namespace {

// An H100 or H200 has 132 multiprocessors; two blocks of 128 threads with up to 255 registers fit each.
constexpr std::int64_t kBlocksAtOnce = 264;

// Expected share of the mma rate, from the bytes that a product takes from shared memory and L2 (predicted,
// not measured): the last three read every activation fragment two or four times.
constexpr double kTileSpeed[kConvTileCount] = {1.0, 0.9, 0.75, 0.65, 0.65};

/// All partial sums of the lanes that are summed at once, and those of one lane. A lane's parts are few
/// enough that 64 MiB hold two of them.
constexpr std::int64_t kPartsBytes = std::int64_t{64} << 20, kLanePartsBytes = std::int64_t{32} << 20;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::int64_t weight_bytes(const ConvShape& s) { return s.k * s.c * s.filter * s.filter * 4; }

/// Fills in what follows from the tile: parts for about two blocks per multiprocessor from one lane alone,
/// but at least two pixel tiles each, so that the partial sums stay small beside what is read.
void divide(ConvWeightPlan& plan, const ConvShape& s, std::int64_t pixel_tiles, std::int64_t channel_tiles) {
  const std::int64_t wanted = ceil_div(kBlocksAtOnce, channel_tiles);
  const std::int64_t most = std::min(pixel_tiles / 2, kLanePartsBytes / weight_bytes(s));
  plan.parts = std::max<std::int64_t>(1, std::min(wanted, most));
  plan.lanes_at_once = std::max<std::int64_t>(1, kPartsBytes / (plan.parts * weight_bytes(s)));
}

/// The cheaper tile for `size`: the larger unless it wastes more than the smaller gains.
int tile_for(std::int64_t size, int large, int small) {
  const std::int64_t with_large = ceil_div(size, large) * large, with_small = ceil_div(size, small) * small;
  return with_large * 8 <= with_small * 9 ? large : small;  // an eighth: what the larger tile saves in loads
}

ConvWeightPlan weight_plan(const ConvShape& s, int k_tile, int c_tile, int rows, int cols) {
  ConvWeightPlan plan{};
  plan.k_tile = k_tile, plan.c_tile = c_tile, plan.rows = rows, plan.cols = cols;
  plan.tiles_y = ceil_div(s.h, rows), plan.tiles_x = ceil_div(s.w, cols);
  const std::int64_t x_channels = TensorView::blocks_for(s.c, s.x_block, s.x_split) * s.x_block;
  const std::int64_t y_channels = TensorView::blocks_for(s.k, s.y_block) * s.y_block;
  plan.k_tiles = ceil_div(y_channels, k_tile), plan.c_tiles = ceil_div(x_channels, c_tile);
  divide(plan, s, s.samples / s.lanes * plan.tiles_y * plan.tiles_x, plan.k_tiles * plan.c_tiles);
  return plan;
}

bool network_type(const ConvShape& s) { return s.dtype == DType::kF32 || s.dtype == DType::kBF16; }
bool gpu_block(int block) { return block == 1 || block == kGpuChannelBlock; }
bool blocked(const ConvShape& s) { return s.x_block == kGpuChannelBlock && s.y_block == kGpuChannelBlock; }

std::size_t filter_bytes(const ConvShape& s, int unit_channels) {
  const std::int64_t x_blocks = TensorView::blocks_for(s.c, kGpuChannelBlock, s.x_split),
                     y_blocks = TensorView::blocks_for(s.k, kGpuChannelBlock);
  const auto units = [&](std::int64_t in, std::int64_t out) {
    return conv2d_chunks(in, unit_channels) * 2 * out * kGpuChannelBlock;
  };
  return static_cast<std::size_t>(std::max(units(x_blocks, y_blocks), units(y_blocks, x_blocks)) * s.lanes *
                                  s.filter * s.filter * 16);
}

std::size_t bias_bytes(const ConvShape& s) {
  const std::int64_t channels = TensorView::blocks_for(s.k, s.y_block) * s.y_block;
  return static_cast<std::size_t>(s.lanes * conv2d_bias_parts(s.samples / s.lanes, s.h * s.w) * channels * 8);
}

}  // namespace

ConvPlan conv2d_tensor_core_plan(const ConvOutput& output, int index) {
  const ConvTile& tile = kConvTiles[index];
  return {index, ceil_div(output.h, tile.rows()), ceil_div(output.w, tile.cols()),
          ceil_div(output.out_blocks * kGpuChannelBlock, tile.channels()), tile.shared_bytes(output.filter)};
}

ConvPlan conv2d_tensor_core_plan(const ConvOutput& output) {
  ConvPlan best{};
  double least = 0;
  for (int i = 0; i < kConvTileCount; ++i) {
    const ConvTile& tile = kConvTiles[i];
    const ConvPlan plan = conv2d_tensor_core_plan(output, i);
    const std::int64_t blocks = output.samples * plan.tiles_y * plan.tiles_x * plan.channel_tiles;
    const std::int64_t work = tile.rows() * tile.cols() * tile.channels();
    const double time = static_cast<double>(ceil_div(blocks, kBlocksAtOnce) * work) / kTileSpeed[i];
    if (i == 0 || time < least) {
      best = plan, least = time;
    }
  }
  return best;
}

ConvWeightPlan conv2d_tensor_core_weight_plan(const ConvShape& s, int unit_channels) {
  constexpr int kCTile = 32, kRows = 8;
  const int cols = tile_for(s.w, 16, 8), k_tile = tile_for(s.k, 64, 32), halo = s.filter / 2 * 2;
  ConvWeightPlan plan = weight_plan(s, k_tile, kCTile, kRows, cols);
  // The float kernel reads single words of dy: 4 pixels more per unit keep two units in different banks.
  const int dy_pixels = kRows * cols + (unit_channels == 4 ? 4 : 0);
  const int units =
      k_tile / unit_channels * dy_pixels + kCTile / unit_channels * (kRows + halo) * (cols + halo);
  // The stages also serve the sums of 32 rows of dw on their way out.
  plan.shared_bytes = static_cast<std::size_t>(std::max(
      2 * units * 16, 32 * conv2d_weight_row(s.filter * s.filter) * static_cast<int>(sizeof(float))));
  return plan;
}

ConvWeightPlan conv2d_direct_weight_plan(const ConvShape& s) {
  constexpr int kTile = 32, kRows = 4, kCols = 16;
  const int halo = s.filter / 2 * 2;
  ConvWeightPlan plan = weight_plan(s, kTile, kTile, kRows, kCols);
  // An odd number of 16-byte units per four channels: the eight units that a warp reads at once lie in
  // different banks.
  const int units = kTile / 4 * ((kRows * kCols | 1) + ((kRows + halo) * (kCols + halo) | 1));
  plan.shared_bytes = static_cast<std::size_t>(std::max(
      2 * units * 16, kTile * conv2d_weight_row(s.filter * s.filter) * static_cast<int>(sizeof(float))));
  return plan;
}

ConvWeightPlan conv2d_planes_weight_plan(const ConvShape& s) {
  // A block of 256 threads: 16 pixels each make the sum over the threads small beside them.
  constexpr std::int64_t kPixels = 4096, kMostParts = 512;
  ConvWeightPlan plan{};
  plan.k_tile = s.y_block, plan.c_tile = s.x_block, plan.rows = 1, plan.cols = 1;
  plan.tiles_y = s.h, plan.tiles_x = s.w;
  plan.k_tiles = TensorView::blocks_for(s.k, s.y_block);
  plan.c_tiles = TensorView::blocks_for(s.c, s.x_block, s.x_split);
  plan.parts =
      std::clamp<std::int64_t>(ceil_div(s.samples / s.lanes * s.h * s.w, kPixels), 1,
                               std::clamp<std::int64_t>(kLanePartsBytes / weight_bytes(s), 1, kMostParts));
  plan.lanes_at_once = std::max<std::int64_t>(1, kPartsBytes / (plan.parts * weight_bytes(s)));
  return plan;
}

std::int64_t conv2d_bias_parts(std::int64_t samples_of_lane, std::int64_t plane) {
  // One thread adds the parts of a channel at the end: not more than 64.
  return std::clamp<std::int64_t>(ceil_div(samples_of_lane * plane, 2048), 1, 64);
}

std::size_t conv2d_parts_bytes(const ConvShape& s, const ConvWeightPlan& plan) {
  if (plan.parts == 1) {
    return 0;  // added to dw at once
  }
  // Not that of lanes_at_once lanes, which would make a smaller batch need more than a larger one.
  const std::int64_t all = s.lanes * plan.parts * weight_bytes(s);
  return static_cast<std::size_t>(std::min(all, kPartsBytes));
}

std::size_t conv2d_gpu_workspace(const ConvShape& s) {
  std::size_t filters = 0, parts = 0;
  const auto need = [&](std::size_t filter, const ConvWeightPlan& plan) {
    filters = std::max(filters, filter), parts = std::max(parts, conv2d_parts_bytes(s, plan));
  };
  if (conv2d_tensor_core_supports(s)) {
    need(filter_bytes(s, 8), conv2d_tensor_core_weight_plan(s, 8));
  }
  if (conv2d_direct_supports(s)) {
    need(filter_bytes(s, 4), conv2d_direct_weight_plan(s));
    need(filter_bytes(s, 4), conv2d_tensor_core_weight_plan(s, 4));
  }
  if (conv2d_planes_supports(s)) {
    need(0, conv2d_planes_weight_plan(s));
  }
  return std::max(Scratch::rounded(filters), Scratch::rounded(parts) + Scratch::rounded(bias_bytes(s)));
}

bool conv2d_tensor_core_supports(const ConvShape& s) { return s.dtype == DType::kBF16 && blocked(s); }
bool conv2d_direct_supports(const ConvShape& s) { return s.dtype == DType::kF32 && blocked(s); }
bool conv2d_planes_supports(const ConvShape& s) {
  return network_type(s) && gpu_block(s.x_block) && gpu_block(s.y_block) && !blocked(s);
}
bool conv2d_tensor_core_tf32_supports(const ConvShape& s) {
  return s.dtype == DType::kF32 && gpu_block(s.x_block) && gpu_block(s.y_block);
}

}  // namespace selfsame
