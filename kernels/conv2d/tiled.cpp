// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv2d/tiled.hpp"

#include <algorithm>
#include <cstring>

namespace selfsame::tiled {

void pack_filters(const TileKernels& kernels, bf16* packed, const FilterLayout& layout, const BlockTable& out,
                  const BlockTable& in, Stream& stream) {
  const std::int64_t pairs = std::int64_t{out.blocks()} * in.blocks();
  stream.pool().run(layout.w.lanes * pairs, [&](std::int64_t unit, int) {
    const int o = static_cast<int>(unit % pairs / in.blocks()), i = static_cast<int>(unit % in.blocks());
    TilePackJob job{};
    job.to = packed + unit * layout.taps * kTilePair;
    job.w = layout.w.lane<float>(unit / pairs) + out.start(o) * layout.out_stride +
            in.start(i) * layout.in_stride;
    job.out_stride = layout.out_stride;
    job.in_stride = layout.in_stride;
    job.outs = out.count(o);
    job.ins = in.count(i);
    job.taps = layout.taps;
    job.flipped = layout.flipped;
    kernels.pack(job);
  });
}

void block_bias(float* values, const ConstParameterView& bias, std::int64_t lane, const BlockTable& out,
                int block) {
  for (int i = 0; i < kTileBlock; ++i) {
    values[i] = bias.empty() || i >= out.count(block) ? 0.0f : bias.lane<float>(lane)[out.start(block) + i];
  }
}

void fill_zero(bf16* to, std::int64_t positions) { std::fill_n(to, positions * kTileBlock, bf16{}); }

void copy_rows(bf16* to, const bf16* block, std::int64_t H, std::int64_t W, std::int64_t h0, std::int64_t h1,
               std::int64_t border) {
  for (std::int64_t h = h0; h < h1; ++h, to += (W + 2 * border) * kTileBlock) {
    if (h < 0 || h >= H) {
      fill_zero(to, W + 2 * border);
      continue;
    }
    fill_zero(to, border);
    std::memcpy(to + border * kTileBlock, block + h * W * kTileBlock,
                static_cast<std::size_t>(W * kTileBlock) * sizeof(bf16));
    fill_zero(to + (border + W) * kTileBlock, border);
  }
}

// ---- weight gradient
// ---------------------------------------------------------------------------------------

void WeightPlan::divide() {
  constexpr std::int64_t kGroup = 2;         // packing the right side costs a seventh of one block's products
  constexpr std::int64_t kWantedUnits = 32;  // divided among the pairs: each range has sums of its own
  constexpr std::int64_t kTogether = 512 * 1024;  // elements packed at a time: 1 MB, half of a core's L2
  group = std::min(kGroup, left);
  groups = (left + group - 1) / group;
  ranges = std::clamp<std::int64_t>(kWantedUnits / (left * right), 1, batch * strips);
  const std::int64_t most = (batch * strips + ranges - 1) / ranges;
  together = std::clamp<std::int64_t>(kTogether / (group * left_strip() + right * right_strip()), 1, most);
}

std::int64_t WeightPlan::partial_floats() const { return lanes * ranges * left * right * taps * kTilePair; }

std::int64_t WeightPlan::area_elements() const {
  return together * (group * left_strip() + right * right_strip()) + staging * kTileBlock;
}

std::size_t WeightPlan::workspace(int areas) const {
  return Scratch::rounded(static_cast<std::size_t>(partial_floats()) * sizeof(float)) +
         Scratch::rounded(static_cast<std::size_t>(areas * area_elements()) * sizeof(bf16));
}

namespace {

/// dw += the sums of all ranges of one pair of blocks.
void add_to_parameter(const WeightPlan& plan, ParameterView dw, std::int64_t lane, float* total, int m_count,
                      int m_start, int n_count, int n_start) {
  const std::int64_t size = plan.taps * kTilePair;
  add_ranges(total, plan.ranges, plan.left * plan.right * size, size);
  for (int m = 0; m < m_count; ++m) {
    float* to = dw.lane<float>(lane) + ((m_start + m) * dw.dims[1] + n_start) * plan.taps;
    const float* from = total + m * kTileBlock;
    for (int n = 0; n < n_count; ++n) {
      for (int tap = 0; tap < plan.taps; ++tap) {
        to[n * plan.taps + tap] += from[tap * kTilePair + n];
      }
    }
  }
}

}  // namespace

void add_weight_gradient(const TileKernels& kernels, const WeightPlan& plan, ParameterView dw,
                         const BlockTable& left, const BlockTable& right, const std::ptrdiff_t* tap_offsets,
                         PackStrip pack_left, PackStrip pack_right, std::int64_t H, int areas,
                         Stream& stream) {
  const std::int64_t size = plan.taps * kTilePair, pairs = plan.left * plan.right;
  const std::int64_t per_lane = plan.batch * plan.strips;
  Scratch scratch(stream);
  float* partial = scratch.take<float>(static_cast<std::size_t>(plan.partial_floats()));
  bf16* memory = scratch.take<bf16>(static_cast<std::size_t>(areas * plan.area_elements()));

  const std::int64_t units = plan.lanes * plan.ranges * plan.groups;
  run_in_areas(stream.pool(), units, areas, [&](std::int64_t unit, int area) {
    const std::int64_t lane = unit / (plan.ranges * plan.groups), range = unit / plan.groups % plan.ranges;
    const std::int64_t first = unit % plan.groups * plan.group,
                       last = std::min(plan.left, first + plan.group);
    float* sums = partial + ((lane * plan.ranges + range) * pairs + first * plan.right) * size;
    std::memset(sums, 0, static_cast<std::size_t>((last - first) * plan.right * size) * sizeof(float));
    bf16* lefts = memory + area * plan.area_elements();                     // (block, strip)
    bf16* rights = lefts + plan.together * plan.group * plan.left_strip();  // (block, strip)
    bf16* staging = rights + plan.together * plan.right * plan.right_strip();
    const std::int64_t end = per_lane * (range + 1) / plan.ranges;
    for (std::int64_t s = per_lane * range / plan.ranges; s < end; s += plan.together) {
      const std::int64_t count = std::min(plan.together, end - s);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t h0 = (s + i) % plan.strips * plan.rows;
        const Strip strip{lane * plan.batch + (s + i) / plan.strips, h0, std::min(H, h0 + plan.rows)};
        for (std::int64_t m = first; m < last; ++m) {
          pack_left(lefts + ((m - first) * plan.together + i) * plan.left_strip(), staging, strip, m);
        }
        for (std::int64_t n = 0; n < plan.right; ++n) {
          pack_right(rights + (n * plan.together + i) * plan.right_strip(), staging, strip, n);
        }
      }
      for (std::int64_t pair = 0; pair < (last - first) * plan.right; ++pair) {
        TileWeightJob job{};
        job.acc = sums + pair * size;
        job.left = lefts + pair / plan.right * plan.together * plan.left_strip();
        job.left_segment = plan.left_strip();
        for (int tap = 0; tap < plan.taps; ++tap) {
          job.right[tap] = rights + pair % plan.right * plan.together * plan.right_strip() + tap_offsets[tap];
        }
        job.right_half = plan.right_pairs * 32;
        job.right_segment = plan.right_strip();
        job.taps = plan.taps;
        job.chunks = static_cast<int>(plan.chunks);
        job.segments = static_cast<int>(count);
        kernels.weight(job);
      }
    }
  });
  stream.pool().run(plan.lanes * pairs, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / pairs, pair = unit % pairs;
    const int m = static_cast<int>(pair / plan.right), n = static_cast<int>(pair % plan.right);
    add_to_parameter(plan, dw, lane, partial + (lane * plan.ranges * pairs + pair) * size, left.count(m),
                     left.start(m), right.count(n), right.start(n));
  });
}

}  // namespace selfsame::tiled
