// SPDX-License-Identifier: Apache-2.0
// conv_transpose2d in bf16 on matrix tiles, with the loops of conv2d: forward is four 1x1 products with the
// output written to every other pixel of every other row. The backward passes first part the rows of dy into
// four planes, one per tap, in scratch: data is then one product of four taps, weight four sums over
// positions.
#include <algorithm>
#include <cstring>

#include "kernels/conv2d/tiled.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_versions.hpp"

namespace selfsame::conv_transpose2d_tiled {
namespace {

constexpr int kTaps = 4;
// Areas of scratch: the workspace is sized without the number of threads. Hence also half the memory of
// conv2d_tiled.cpp for each.
constexpr int kAreas = 32;
constexpr std::int64_t kStripBytes = 128 * 1024, kWeightBytes = 512 * 1024;
constexpr std::int64_t kMostRows = 16;

/// How one product is divided; a function of a sample's shape only. H and W are those of x.
struct Plan {
  std::int64_t in, out, H, W;
  int copies;  ///< positions of a strip and block per pixel of x: 1, or 4 for dy
  [[nodiscard]] std::int64_t packed() const { return in * out * kTaps * kTilePair; }
  [[nodiscard]] std::int64_t rows() const {
    const std::int64_t row = in * copies * W * kTileBlock * static_cast<std::int64_t>(sizeof(bf16));
    return std::clamp<std::int64_t>(kStripBytes / row, 1, std::min(H, kMostRows));
  }
  [[nodiscard]] std::int64_t strips() const { return (H + rows() - 1) / rows(); }
  [[nodiscard]] std::int64_t plane() const { return rows() * W; }
  /// Positions of one block of a strip, with what tiles read beyond its last.
  [[nodiscard]] std::int64_t positions() const { return copies * plane() + kTileSlack; }
  [[nodiscard]] std::int64_t strip() const { return in * positions() * kTileBlock; }
  [[nodiscard]] std::size_t workspace(std::int64_t lanes) const {
    return Scratch::rounded(static_cast<std::size_t>(lanes * packed()) * sizeof(bf16)) +
           Scratch::rounded(static_cast<std::size_t>(kAreas * strip()) * sizeof(bf16));
  }
};

/// Pixels (2h + tap/2, 2w + tap%2) of rows [h0, h1), one after the other.
void copy_tap(bf16* to, const bf16* block, std::int64_t W, std::int64_t h0, std::int64_t h1, int tap) {
  for (std::int64_t h = h0; h < h1; ++h) {
    const bf16* row = block + ((2 * h + tap / 2) * 2 * W + tap % 2) * kTileBlock;
    for (std::int64_t w = 0; w < W; ++w, to += kTileBlock) {
      std::memcpy(to, row + 2 * w * kTileBlock, kTileBlock * sizeof(bf16));
    }
  }
}

TileProductJob product_job(const Plan& plan, std::int64_t rows, const bf16* strip) {
  static constexpr float kNoBias[kTileBlock] = {};
  TileProductJob job{};
  job.rows = static_cast<int>(rows);
  job.width = job.pitch = static_cast<int>(plan.W);
  job.x = strip;
  job.x_block = plan.positions() * kTileBlock;
  job.blocks = static_cast<int>(plan.in);
  job.w_block = kTaps * kTilePair;
  job.w_tap = kTilePair;
  job.bias = kNoBias;
  return job;
}

/// Runs f(n, h0, h1, strip, packed filters of n's lane) over all strips of rows.
template <typename F>
void for_strips(const TileKernels& kernels, const Plan& plan, const tiled::FilterLayout& filters,
                const BlockTable& out, const BlockTable& in, std::int64_t N, Stream& stream, F&& f) {
  Scratch scratch(stream);
  bf16* packed = scratch.take<bf16>(static_cast<std::size_t>(filters.w.lanes * plan.packed()));
  bf16* memory = scratch.take<bf16>(static_cast<std::size_t>(kAreas * plan.strip()));
  tiled::pack_filters(kernels, packed, filters, out, in, stream);
  const std::int64_t strips = plan.strips(), B = N / filters.w.lanes;
  tiled::run_in_areas(stream.pool(), N * strips, kAreas, [&](std::int64_t unit, int area) {
    const std::int64_t n = unit / strips, h0 = unit % strips * plan.rows();
    f(n, h0, std::min(plan.H, h0 + plan.rows()), memory + area * plan.strip(),
      packed + n / B * plan.packed());
  });
}

/// Left: x. Right: the four planes of dy.
tiled::WeightPlan weight_plan(std::int64_t lanes, std::int64_t samples, std::int64_t cb, std::int64_t kb,
                              std::int64_t H, std::int64_t W) {
  const std::int64_t most = kWeightBytes / (((cb > 1 ? 2 : 1) + kb * kTaps) * 64 * W);
  tiled::WeightPlan plan{};
  plan.lanes = lanes;
  plan.batch = samples / lanes;
  plan.left = cb;
  plan.right = kb;
  plan.taps = kTaps;
  const std::int64_t rows = std::clamp<std::int64_t>(most, 1, std::min(H, kMostRows));
  plan.strips = (H + rows - 1) / rows;
  plan.rows = (H + plan.strips - 1) / plan.strips;
  plan.strips = (H + plan.rows - 1) / plan.rows;
  plan.chunks = (plan.rows * W + kPositionsPerStep - 1) / kPositionsPerStep;
  plan.right_pairs = plan.chunks * 16;
  plan.right_sets = kTaps;
  plan.staging = plan.chunks * kPositionsPerStep;
  plan.divide();
  return plan;
}

}  // namespace

bool supports(const ConvTransposeShape& s) {
  return s.dtype == DType::kBF16 && s.x_block == kTileBlock && s.y_block == kTileBlock &&
         BlockTable::fits(s.c) && BlockTable::fits(s.k);
}

std::size_t workspace(const ConvTransposeShape& s) {
  const std::int64_t cb = tiled::blocks_for(s.c, s.x_split), kb = tiled::blocks_for(s.k, 0);
  std::size_t bytes = std::max(Plan{cb, kb, s.h, s.w, 1}.workspace(s.lanes),
                               Plan{kb, cb, s.h, s.w, kTaps}.workspace(s.lanes));
  // A smaller batch may be divided otherwise and take more.
  for (std::int64_t samples = s.lanes; samples <= s.samples; samples += s.lanes) {
    bytes = std::max(bytes, weight_plan(s.lanes, samples, cb, kb, s.h, s.w).workspace(kAreas));
  }
  return bytes;
}

void forward(const TileKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             Stream& stream) {
  const BlockTable out = tiled::block_table(y.shape.c, 0), in = tiled::block_table(x.shape.c, x.split);
  const Plan plan{in.blocks(), out.blocks(), x.shape.h, x.shape.w, 1};
  const tiled::FilterLayout filters{w, kTaps, w.dims[1] * kTaps, kTaps, false};
  for_strips(kernels, plan, filters, out, in, x.shape.n, stream,
             [&](std::int64_t n, std::int64_t h0, std::int64_t h1, bf16* strip, const bf16* packed) {
               for (std::int64_t block = 0; block < plan.in; ++block) {
                 tiled::copy_rows(strip + block * plan.positions() * kTileBlock, tiled::block_of(x, n, block),
                                  plan.H, plan.W, h0, h1, 0);
               }
               constexpr std::ptrdiff_t kNoOffset = 0;
               TileProductJob job = product_job(plan, h1 - h0, strip);
               job.taps = &kNoOffset;
               job.tap_count = 1;
               job.y_row = 4 * plan.W * kTileBlock;
               job.y_pixel = 2 * kTileBlock;
               for (std::int64_t unit = 0; unit < plan.out * kTaps; ++unit) {
                 const std::int64_t block = unit / kTaps, tap = unit % kTaps;
                 job.y = static_cast<bf16*>(y.data) + n * y.sample_stride + block * y.plane() * kTileBlock +
                         ((2 * h0 + tap / 2) * 2 * plan.W + tap % 2) * kTileBlock;
                 job.w = packed + (block * plan.in * kTaps + tap) * kTilePair;
                 kernels.product(job);
               }
             });
}

void backward_data(const TileKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream) {
  const BlockTable out = tiled::block_table(dx.shape.c, dx.split), in = tiled::block_table(dy.shape.c, 0);
  const Plan plan{in.blocks(), out.blocks(), dx.shape.h, dx.shape.w, kTaps};
  const tiled::FilterLayout filters{w, w.dims[1] * kTaps, kTaps, kTaps, false};
  std::ptrdiff_t taps[kTaps];
  for (int tap = 0; tap < kTaps; ++tap) {
    taps[tap] = tap * plan.plane() * kTileBlock;
  }
  for_strips(kernels, plan, filters, out, in, dx.shape.n, stream,
             [&](std::int64_t n, std::int64_t h0, std::int64_t h1, bf16* strip, const bf16* packed) {
               for (std::int64_t unit = 0; unit < plan.in * kTaps; ++unit) {
                 const std::int64_t block = unit / kTaps;
                 const int tap = static_cast<int>(unit % kTaps);
                 copy_tap(strip + block * plan.positions() * kTileBlock + taps[tap],
                          tiled::block_of(dy, n, block), plan.W, h0, h1, tap);
               }
               TileProductJob job = product_job(plan, h1 - h0, strip);
               job.taps = taps;
               job.tap_count = kTaps;
               job.y_row = plan.W * kTileBlock;
               job.y_pixel = kTileBlock;
               for (std::int64_t block = 0; block < plan.out; ++block) {
                 job.y = static_cast<bf16*>(dx.data) + n * dx.sample_stride +
                         (block * plan.H + h0) * plan.W * kTileBlock;
                 job.w = packed + block * plan.in * kTaps * kTilePair;
                 kernels.product(job);
               }
             });
}

void backward_weight(const TileKernels& kernels, ParameterView dw, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  const std::int64_t H = x.shape.h, W = x.shape.w;
  const BlockTable in = tiled::block_table(x.shape.c, x.split), out = tiled::block_table(dy.shape.c, 0);
  const tiled::WeightPlan plan = weight_plan(dw.lanes, x.shape.n, in.blocks(), out.blocks(), H, W);
  const std::int64_t set = 2 * plan.right_pairs * 32;
  const std::ptrdiff_t offsets[kTaps] = {0, set, 2 * set, 3 * set};
  const auto zero_rest = [&](bf16* staging, const tiled::Strip& strip) {
    const std::int64_t filled = (strip.h1 - strip.h0) * W;
    tiled::fill_zero(staging + filled * kTileBlock, plan.staging - filled);
  };
  const auto pack_x = [&](bf16* to, bf16* staging, const tiled::Strip& strip, std::int64_t block) {
    tiled::copy_rows(staging, tiled::block_of(x, strip.n, block), H, W, strip.h0, strip.h1, 0);
    zero_rest(staging, strip);
    kernels.transpose(to, staging, static_cast<int>(plan.chunks));
  };
  const auto pack_dy = [&](bf16* to, bf16* staging, const tiled::Strip& strip, std::int64_t block) {
    for (int tap = 0; tap < kTaps; ++tap) {
      copy_tap(staging, tiled::block_of(dy, strip.n, block), W, strip.h0, strip.h1, tap);
      zero_rest(staging, strip);
      kernels.pair(to + offsets[tap], nullptr, staging, static_cast<int>(plan.right_pairs));
    }
  };
  tiled::add_weight_gradient(kernels, plan, dw, in, out, offsets, pack_x, pack_dy, H, kAreas, stream);
}

}  // namespace selfsame::conv_transpose2d_tiled
