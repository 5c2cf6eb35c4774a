// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/base/function_ref.hpp"
#include "kernels/conv2d/conv2d_cpu.hpp"
#include "kernels/conv2d/tile_kernels.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"

// What the tiled versions of conv2d and conv_transpose2d share on the host: blocks of 32, packed filters,
// strips of rows numbered by positions, and the weight gradient.

namespace selfsame::tiled {

/// The kernels of one version: the processor's tiles or the emulated ones.
using KernelTable = const TileKernels& (*)();

[[nodiscard]] inline BlockTable block_table(std::int64_t channels, std::int64_t split) {
  return {channels, split, kTileBlock};
}
[[nodiscard]] inline std::int64_t blocks_for(std::int64_t channels, std::int64_t split) {
  return ConstTensorView::blocks_for(channels, kTileBlock, split);
}
/// Block `block` of sample n.
[[nodiscard]] inline const bf16* block_of(const ConstTensorView& t, std::int64_t n, std::int64_t block) {
  return static_cast<const bf16*>(t.data) + n * t.sample_stride + block * t.plane() * kTileBlock;
}

/// Which stride of the parameter (lanes, d0, d1, R, S) belongs to the output channels of a product.
struct FilterLayout {
  ConstParameterView w;
  std::int64_t out_stride, in_stride;
  int taps;
  bool flipped;
};
/// Packs all pairs of blocks: (lanes, output block, input block, tap, kTilePair).
void pack_filters(const TileKernels& kernels, bf16* packed, const FilterLayout& layout, const BlockTable& out,
                  const BlockTable& in, Stream& stream);
/// The 32 values of a block of a bias, zeros without one.
void block_bias(float* values, const ConstParameterView& bias, std::int64_t lane, const BlockTable& out,
                int block);

/// Pixels of rows [h0, h1) of one block, as positions: `border` zero positions before and after every row,
/// and rows outside the image as zeros. Row h0 begins at position 0.
void copy_rows(bf16* to, const bf16* block, std::int64_t H, std::int64_t W, std::int64_t h0, std::int64_t h1,
               std::int64_t border);
void fill_zero(bf16* to, std::int64_t positions);

/// Runs f(unit, area), area < areas: memory that one unit at a time uses. As many areas as the pool has
/// threads, or fewer where the workspace was sized without knowing how many there are.
template <typename F>
void run_in_areas(ThreadPool& pool, std::int64_t units, int areas, F&& f) {
  if (pool.threads() <= areas) {
    pool.run(units, f);
    return;
  }
  pool.run(areas, [&](std::int64_t area, int) {
    for (std::int64_t unit = area; unit < units; unit += areas) {
      f(unit, static_cast<int>(area));
    }
  });
}

/// dw[lane, m, n, tap] += sum over positions of left[p, m] * right[p + offset(tap), n]: the channels m are
/// the parameter's first dimension. A unit of work sums a range of strips for a group of left blocks and all
/// right blocks; the ranges depend on a lane's own shape only and are added in order.
struct WeightPlan {
  std::int64_t lanes, batch;  ///< samples of a lane
  std::int64_t left, right;   ///< blocks
  int taps;
  std::int64_t rows, strips;  ///< rows of a strip, strips of a sample
  std::int64_t chunks;        ///< of 32 positions
  std::int64_t right_pairs;   ///< of a strip, one half of a block
  std::int64_t right_sets;    ///< sets of pairs of a strip and block: even and odd, or one per tap
  std::int64_t staging;       ///< positions that the packing functions may use
  std::int64_t group, groups, ranges, together;  ///< left blocks of a unit; strips packed at a time

  /// From what is above `group`.
  void divide();
  [[nodiscard]] std::int64_t left_strip() const { return chunks * 2 * 512; }  ///< elements of one block
  [[nodiscard]] std::int64_t right_strip() const { return right_sets * 2 * right_pairs * 32; }
  [[nodiscard]] std::int64_t partial_floats() const;
  [[nodiscard]] std::int64_t area_elements() const;  ///< bf16 scratch of one area
  [[nodiscard]] std::size_t workspace(int areas) const;
};
struct Strip {
  std::int64_t n, h0, h1;
};
/// Fills `to` for one block of a strip: left (chunk, 2, 512), right (set, 2, right_pairs, 32).
using PackStrip = FunctionRef<void(bf16* to, bf16* staging, const Strip&, std::int64_t block)>;

void add_weight_gradient(const TileKernels& kernels, const WeightPlan& plan, ParameterView dw,
                         const BlockTable& left, const BlockTable& right,
                         const std::ptrdiff_t* tap_offsets,  ///< elements within a right strip, by tap
                         PackStrip pack_left, PackStrip pack_right, std::int64_t H, int areas,
                         Stream& stream);

}  // namespace selfsame::tiled
