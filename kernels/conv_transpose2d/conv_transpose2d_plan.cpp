// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_transpose2d/conv_transpose2d_plan.hpp"

#include <algorithm>
#include <limits>

namespace selfsame::conv_transpose2d_gpu {
namespace {

/// Blocks of threads that keep a large GPU busy (132 multiprocessors); not less than one each.
constexpr std::int64_t kFullGpu = 132;
/// The least pixels of a part of the weight gradient: its partial sums are then at most half the bytes of the
/// activations that it reads, for up to 64 channels.
constexpr std::int64_t kLeastPartPixels = 512;

int to_int(std::int64_t value, const char* what) {
  SELFSAME_CHECK(value >= 0 && value <= std::numeric_limits<int>::max(), "{} {} is too large for an int",
                 what, value);
  return static_cast<int>(value);
}

int lane_pixels(const ConvTransposeShape& s) {
  return to_int(s.samples / s.lanes * s.h * s.w, "number of pixels of a lane,");
}

/// 16-byte pieces of a channel block.
std::int64_t pieces_of_block(DType dtype) { return kBlock * static_cast<std::int64_t>(size_of(dtype)) / 16; }

std::int64_t c_blocks(const ConvTransposeShape& s) {
  return ConstTensorView::blocks_for(s.c, kBlock, s.x_split);
}
std::int64_t k_blocks(const ConvTransposeShape& s) { return ConstTensorView::blocks_for(s.k, kBlock); }

/// Everything but the number of threads, for one tile.
ProductPlan divide(const ConvTransposeShape& s, Pass pass, const ProductTile& tile) {
  const bool forward = pass == Pass::kForward;
  const std::int64_t units = forward ? k_blocks(s) * kTaps : c_blocks(s);
  ProductPlan p;
  p.tile = tile;
  p.wide = tile.pixels == kWideTile.pixels;
  p.pieces = to_int(pieces_of_block(s.dtype) * (forward ? c_blocks(s) : k_blocks(s) * kTaps), "pieces,");
  p.chunks = to_int(blocks_for(p.pieces, kChunkPieces), "chunks,");
  p.column_tiles = to_int(blocks_for(blocks_for(units, kGroupUnits), tile.groups), "column tiles,");
  p.groups = p.column_tiles * tile.groups;
  p.pixels = lane_pixels(s);
  p.packed_bytes = static_cast<std::size_t>(s.lanes * p.chunks * p.groups) * kGroupBytes;
  p.launch.grid = {blocks_for(p.pixels, tile.pixels) * p.column_tiles, s.lanes, 1};
  p.launch.block = {tile.threads(), 1, 1};
  p.launch.shared_bytes = tile.shared_bytes();
  return p;
}

}  // namespace

ProductPlan plan_tensor_core(const ConvTransposeShape& shape, Pass pass) {
  const ProductPlan wide = divide(shape, pass, kWideTile), narrow = divide(shape, pass, kNarrowTile);
  const bool fills = wide.launch.grid.count() >= kFullGpu && narrow.column_tiles > 1;
  return fills ? wide : narrow;
}

ProductPlan plan_direct(const ConvTransposeShape& shape, Pass pass) {
  ProductPlan plan = divide(shape, pass, kDirectTile);
  plan.launch.block = {kDirectThreads, 1, 1};
  return plan;
}

WeightPlan plan_weight(const ConvTransposeShape& s, int pitch) {
  const std::int64_t units = kWeightCBlocks + kWeightKBlocks * kTaps;
  WeightPlan p;
  p.c_tiles = to_int(blocks_for(c_blocks(s), kWeightCBlocks), "tiles of c,");
  p.k_tiles = to_int(blocks_for(k_blocks(s), kWeightKBlocks), "tiles of k,");
  p.pixels = lane_pixels(s);
  p.chunks = to_int(blocks_for(p.pixels, kWeightPixels), "chunks,");
  const std::int64_t tiles = std::int64_t{p.c_tiles} * p.k_tiles;
  const std::int64_t wanted = std::clamp<std::int64_t>(2 * kFullGpu / tiles, 1, 2 * kFullGpu);
  const std::int64_t most = std::max<std::int64_t>(1, p.pixels / kLeastPartPixels);
  p.chunks_per_part = std::max(1, to_int(blocks_for(p.chunks, std::min(wanted, most)), "chunks of a part,"));
  p.parts = to_int(blocks_for(p.chunks, p.chunks_per_part), "parts,");
  p.partial_bytes = static_cast<std::size_t>(s.lanes * p.parts * s.c * s.k * kTaps) * sizeof(float);
  p.launch.grid = {tiles, p.parts, s.lanes};
  p.launch.block = {kWeightThreads, 1, 1};
  p.launch.shared_bytes = static_cast<std::size_t>(kStages * units * pieces_of_block(s.dtype) * pitch * 16);
  return p;
}

bool supports_tensor_core(const ConvTransposeShape& s) {
  return s.dtype == DType::kBF16 && s.x_block == kBlock && s.y_block == kBlock;
}
bool supports_float(const ConvTransposeShape& s) {
  return s.dtype == DType::kF32 && s.x_block == kBlock && s.y_block == kBlock;
}

std::size_t workspace(const ConvTransposeShape& s) {
  if (!supports_tensor_core(s) && !supports_float(s)) {
    return 0;
  }
  std::size_t need = plan_weight(s, kWeightPitchDirect).partial_bytes;
  for (const Pass pass : {Pass::kForward, Pass::kBackwardData}) {
    need = std::max({need, plan_tensor_core(s, pass).packed_bytes,
                     supports_float(s) ? plan_direct(s, pass).packed_bytes : 0});
  }
  return need + 64;
}

}  // namespace selfsame::conv_transpose2d_gpu
