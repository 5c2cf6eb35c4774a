// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_transpose2d/conv_transpose2d_plan.hpp"

#include <gtest/gtest.h>

#include "tests/support/conv_shapes.hpp"

namespace selfsame::conv_transpose2d_gpu {
namespace {

constexpr std::size_t kSharedOfAmpere = 163 * 1024;

// Levels of the networks that docs and benches measure, and one lane of many.
const ConvTransposeShape kLevels[] = {
    {1, 8, 64, 32, 160, 160, DType::kBF16, 8, 8, 0},  {1, 8, 512, 256, 20, 20, DType::kBF16, 8, 8, 0},
    {1, 16, 1024, 512, 8, 8, DType::kBF16, 8, 8, 0},  {1, 1, 224, 112, 32, 32, DType::kF32, 8, 8, 0},
    {64, 64, 112, 56, 64, 64, DType::kBF16, 8, 8, 0}, {1, 1, 1, 1, 1, 1, DType::kF32, 8, 8, 0},
    {1, 2, 128, 64, 320, 160, DType::kF32, 8, 8, 64},
};

std::int64_t columns_of(const ConvTransposeShape& s, Pass pass) {
  return pass == Pass::kForward ? ConstTensorView::blocks_for(s.k, 8) * 8 * 4
                                : ConstTensorView::blocks_for(s.c, 8, s.x_split) * 8;
}

template <typename F>
void for_each_plan(const F& f) {
  for (const ConvTransposeShape& s : kLevels) {
    for (const Pass pass : {Pass::kForward, Pass::kBackwardData}) {
      f(s, pass, plan_tensor_core(s, pass));
      if (supports_float(s)) {
        f(s, pass, plan_direct(s, pass));
      }
    }
  }
}

TEST(ConvTranspose2dPlan, CoversEveryPixelAndColumnOnce) {
  for_each_plan([](const ConvTransposeShape& s, Pass pass, const ProductPlan& p) {
    const std::int64_t pixels = s.samples / s.lanes * s.h * s.w, columns = columns_of(s, pass);
    const std::int64_t pixel_tiles = p.launch.grid.x / p.column_tiles;
    EXPECT_EQ(p.launch.grid.x % p.column_tiles, 0);
    EXPECT_GE(pixel_tiles * p.tile.pixels, pixels);
    EXPECT_LT((pixel_tiles - 1) * p.tile.pixels, pixels);
    EXPECT_GE(std::int64_t{p.groups} * 32, columns);
    EXPECT_LT((p.column_tiles - 1) * p.tile.groups * 32, columns);
    EXPECT_EQ(p.launch.grid.y, s.lanes);
  });
}

TEST(ConvTranspose2dPlan, FitsTheSharedMemoryOfTheSmallestGpu) {
  for_each_plan([](const ConvTransposeShape&, Pass, const ProductPlan& p) {
    EXPECT_LE(p.launch.shared_bytes, kSharedOfAmpere);
    EXPECT_LE(p.launch.block.count(), 256);
    check_launch("test", p.launch);
  });
  for (const ConvTransposeShape& s : kLevels) {
    for (const int pitch : {weight_pitch_tensor_core(s.dtype), kWeightPitchDirect}) {
      const WeightPlan p = plan_weight(s, pitch);
      EXPECT_LE(p.launch.shared_bytes, kSharedOfAmpere);
      check_launch("test", p.launch);
    }
  }
}

TEST(ConvTranspose2dPlan, TheWideTileIsForGridsThatFillAGpu) {
  EXPECT_TRUE(plan_tensor_core(kLevels[0], Pass::kForward).wide);
  EXPECT_FALSE(plan_tensor_core(kLevels[0], Pass::kBackwardData).wide) << "64 columns are one narrow tile";
  EXPECT_FALSE(plan_tensor_core({1, 1, 224, 112, 32, 32, DType::kBF16, 8, 8, 0}, Pass::kForward).wide);
}

TEST(ConvTranspose2dPlan, PartsCoverThePixelsAndDependOnOneLaneOnly) {
  for (const ConvTransposeShape& s : kLevels) {
    const WeightPlan p = plan_weight(s, kWeightPitchDirect);
    EXPECT_GE(std::int64_t{p.chunks} * kWeightPixels, s.samples / s.lanes * s.h * s.w);
    EXPECT_GE(p.parts * p.chunks_per_part, p.chunks);
    EXPECT_LT((p.parts - 1) * p.chunks_per_part, p.chunks) << "no part is empty";
    ConvTransposeShape lane = s;
    lane.lanes = 1;
    lane.samples = s.samples / s.lanes;
    EXPECT_EQ(plan_weight(lane, kWeightPitchDirect).chunks_per_part, p.chunks_per_part);
  }
  EXPECT_GT(plan_weight(kLevels[0], 32).parts, 100);
  EXPECT_EQ(plan_weight(kLevels[2], 32).parts, 1) << "its 256 tiles fill a GPU";
}

TEST(ConvTranspose2dPlan, WorkspaceIsThatOfTheLargestPass) {
  for (const ConvTransposeShape& s : kLevels) {
    const std::size_t need = conv_transpose2d_workspace(s, DeviceKind::kSimulated);
    EXPECT_GE(need, plan_weight(s, kWeightPitchDirect).partial_bytes);
    EXPECT_GE(need, plan_tensor_core(s, Pass::kForward).packed_bytes);
    EXPECT_GE(need, plan_tensor_core(s, Pass::kBackwardData).packed_bytes);
  }
  EXPECT_EQ(workspace({1, 1, 16, 16, 2, 2, DType::kF32, 16, 16, 0}), 0u) << "no version on a GPU";
}

TEST(ConvTranspose2dPlan, ALaneOfMorePixelsThanAnIntHoldsIsRefused) {
  EXPECT_THROW(static_cast<void>(plan_weight({1, 8, 8, 8, 32768, 16384, DType::kBF16, 8, 8, 0}, 32)), Error);
}

}  // namespace
}  // namespace selfsame::conv_transpose2d_gpu
