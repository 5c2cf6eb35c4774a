// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/conv2d_gpu_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace selfsame {
namespace {

// Shared memory of one block: sm_80 allows 163 KiB, sm_90 227 KiB.
constexpr std::size_t kSm80 = 163 * 1024;

/// All 3x3 convolutions between blocks of a U-Net with four poolings, as the decoder sees concatenations.
std::vector<ConvShape> unet_layers(std::int64_t samples, std::int64_t size, std::int64_t channels) {
  std::vector<ConvShape> layers;
  const auto add = [&](std::int64_t c, std::int64_t k, std::int64_t hw, std::int64_t split) {
    layers.push_back({1, samples, c, k, hw, hw, 3, DType::kBF16, 8, 8, split});
  };
  for (int level = 0; level <= 4; ++level) {
    const std::int64_t width = channels << level, hw = size >> level;
    if (level > 0) {
      add(width / 2, width, hw, 0);
    }
    add(width, width, hw, 0);
    if (level < 4) {
      add(2 * width, width, hw, width);
    }
  }
  return layers;
}

std::vector<ConvShape> layers() {
  std::vector<ConvShape> all = unet_layers(8, 320, 32);
  for (const auto& more : {unet_layers(16, 128, 64), unet_layers(1, 128, 56)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  all.push_back({1, 16, 64, 64, 128, 128, 3, DType::kBF16, 8, 8, 0});
  all.push_back({1, 1, 3, 5, 1, 1, 1, DType::kBF16, 8, 8, 0});
  all.push_back({4, 8, 9, 24, 7, 65, 1, DType::kBF16, 8, 8, 4});
  return all;
}

std::int64_t blocks_of(std::int64_t c, std::int64_t split) { return TensorView::blocks_for(c, 8, split); }

TEST(Conv2dGpuPlan, TilesCoverTheOutputAndFitEveryArchitecture) {
  for (const ConvShape& s : layers()) {
    for (const std::int64_t out_blocks : {blocks_of(s.k, 0), blocks_of(s.c, s.x_split)}) {
      const ConvPlan plan = conv2d_tensor_core_plan({s.samples, s.h, s.w, out_blocks, s.filter});
      const ConvTile& tile = kConvTiles[plan.tile];
      EXPECT_EQ(tile.warps_y * tile.warps_x * tile.warps_k, kConvWarps);
      EXPECT_GE(plan.tiles_y * tile.rows(), s.h);
      EXPECT_GE(plan.tiles_x * tile.cols(), s.w);
      EXPECT_GE(plan.channel_tiles * tile.channels(), out_blocks * 8);
      EXPECT_LT((plan.tiles_y - 1) * tile.rows(), s.h);
      EXPECT_LT((plan.tiles_x - 1) * tile.cols(), s.w);
      EXPECT_LE(plan.shared_bytes, kSm80);
    }
  }
}

TEST(Conv2dGpuPlan, LevelsOfATrainingBatchFillTheMultiprocessors) {
  std::vector<ConvShape> batches = unet_layers(8, 320, 32);
  const std::vector<ConvShape> more = unet_layers(16, 128, 64);
  batches.insert(batches.end(), more.begin(), more.end());
  for (const ConvShape& s : batches) {
    const ConvPlan plan = conv2d_tensor_core_plan({s.samples, s.h, s.w, blocks_of(s.k, 0), s.filter});
    // U2's lowest level has 16 images of 8x8 pixels and 1024 channels: 128 blocks of the widest small tile
    // would leave four of 132 multiprocessors idle.
    EXPECT_GE(s.samples * plan.tiles_y * plan.tiles_x * plan.channel_tiles, 128)
        << s.c << " -> " << s.k << " at " << s.h;
  }
}

TEST(Conv2dGpuPlan, LargeImagesTakeLargeTilesAndNarrowOutputsNarrowOnes) {
  EXPECT_EQ(conv2d_tensor_core_plan({16, 128, 128, 8, 3}).tile, 0);
  EXPECT_EQ(conv2d_tensor_core_plan({8, 320, 320, 4, 3}).tile, 1);
  EXPECT_EQ(kConvTiles[conv2d_tensor_core_plan({16, 8, 8, 128, 3}).tile].rows(), 8);
}

TEST(Conv2dGpuPlan, SharedMemoryIsTwoStagesOfInputAndWeights) {
  // (16+2)^2 pixels x 2 units x 16 bytes + 9 taps x 2 units x 64 channels x 16 bytes, twice
  EXPECT_EQ(kConvTiles[0].shared_bytes(3), 2u * (18 * 18 * 2 * 16 + 9 * 2 * 64 * 16));
  EXPECT_EQ(kConvTiles[2].shared_bytes(1), 2u * (8 * 8 * 2 * 16 + 2 * 128 * 16));
}

/// Every plan of a weight gradient, by the versions that use it.
std::vector<ConvWeightPlan> weight_plans(const ConvShape& s) {
  return {conv2d_tensor_core_weight_plan(s, 8), conv2d_tensor_core_weight_plan(s, 4),
          conv2d_direct_weight_plan(s), conv2d_planes_weight_plan(s)};
}

TEST(Conv2dGpuPlan, WeightGradientsFitSharedMemoryAndTheirWorkspaceIsBounded) {
  for (ConvShape s : layers()) {
    for (const std::int64_t lanes : {1, 3, 64}) {
      s.samples = s.samples / s.lanes * lanes, s.lanes = lanes;
      for (const ConvWeightPlan& plan : weight_plans(s)) {
        const std::int64_t bytes = s.k * s.c * s.filter * s.filter * 4;
        EXPECT_LE(plan.shared_bytes, kSm80);
        EXPECT_GE(plan.parts, 1);
        EXPECT_GE(plan.lanes_at_once, 1);
        EXPECT_LE(conv2d_parts_bytes(s, plan), std::size_t{64} << 20);
        if (plan.parts > 1) {
          EXPECT_LE(static_cast<std::size_t>(std::min(plan.lanes_at_once, lanes) * plan.parts * bytes),
                    conv2d_parts_bytes(s, plan));
        }
        EXPECT_LE(plan.k_tiles * plan.c_tiles, 65535);
      }
      EXPECT_LE(conv2d_parts_bytes(s, conv2d_tensor_core_weight_plan(s, 8)), conv2d_gpu_workspace(s));
    }
  }
}

TEST(Conv2dGpuPlan, PartsOfAWeightGradientDependOnTheLaneAlone) {
  for (const ConvShape& s : layers()) {
    ConvShape lane = s, many = s;
    lane.samples = s.samples / s.lanes, lane.lanes = 1;
    many.samples = lane.samples * 5, many.lanes = 5;
    const std::vector<ConvWeightPlan> alone = weight_plans(lane), among = weight_plans(many);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(alone[i].parts, among[i].parts);
      EXPECT_EQ(alone[i].k_tile, among[i].k_tile);
      EXPECT_EQ(alone[i].cols, among[i].cols);
    }
  }
}

TEST(Conv2dGpuPlan, AWorkspaceServesSmallerBatches) {
  for (ConvShape s : layers()) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      for (const std::int64_t lanes : {1, 3}) {
        s.dtype = dtype, s.lanes = lanes, s.samples = 7 * lanes;
        for (ConvShape fewer = s; fewer.samples > 0; fewer.samples -= lanes) {
          EXPECT_LE(conv2d_gpu_workspace(fewer), conv2d_gpu_workspace(s));
        }
      }
    }
  }
}

TEST(Conv2dGpuPlan, EveryConvolutionOfANetworkHasAVersionInEitherType) {
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    for (const auto& [x_block, y_block] : {std::pair{1, 8}, {8, 8}, {8, 1}, {1, 1}}) {
      for (const int filter : {1, 3}) {
        const ConvShape s{1, 1, 16, 16, 4, 4, filter, dtype, x_block, y_block, 0};
        EXPECT_TRUE(conv2d_tensor_core_supports(s) || conv2d_direct_supports(s) || conv2d_planes_supports(s));
        EXPECT_EQ(conv2d_tensor_core_tf32_supports(s), dtype == DType::kF32);
      }
    }
  }
  EXPECT_FALSE(conv2d_direct_supports({1, 1, 16, 16, 4, 4, 3, DType::kF32, 16, 16, 0}));
  EXPECT_FALSE(conv2d_planes_supports({1, 1, 16, 16, 4, 4, 3, DType::kF64, 1, 1, 0}));
}

}  // namespace
}  // namespace selfsame
