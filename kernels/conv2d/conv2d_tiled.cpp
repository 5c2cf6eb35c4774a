// SPDX-License-Identifier: Apache-2.0
// conv2d in bf16 on matrix tiles: splits the work into numbered units and feeds the loops of tile_loops.hpp.
//
// Forward and backward data are one product. A strip of input rows is copied with its zero border into
// scratch that stays in the L2 cache, where every tap of a tile of pixels is a run of whole cache lines.
// Where the filters outweigh the images, the whole input is copied once and a unit of work is one output
// block of one sample, so that the filters of a block stay in the cache for all samples. Neither choice
// changes the order in which one output is summed: input block, tap, then as TDPBF16PS sums 32 channels.
#include <algorithm>

#include "kernels/conv2d/conv2d_versions.hpp"
#include "kernels/conv2d/tiled.hpp"

namespace selfsame::conv2d_tiled {
namespace {

constexpr std::int64_t kStripBytes = 256 * 1024;    // an eighth of a Sapphire Rapids core's L2
constexpr std::int64_t kManyFilters = 1024 * 1024;  // bytes of packed filters: half of it
constexpr std::int64_t kMostRows = 16;              // of a strip, to have work for many threads
constexpr std::int64_t kPixelBytes = kTileBlock * sizeof(bf16);

/// How one product is divided; a function of a sample's shape only.
struct Plan {
  std::int64_t in, out, H, W, filter;
  [[nodiscard]] std::int64_t pad() const { return filter / 2; }
  [[nodiscard]] int taps() const { return static_cast<int>(filter * filter); }
  [[nodiscard]] std::int64_t pitch() const { return W + 2 * pad(); }
  [[nodiscard]] std::int64_t packed() const { return in * out * taps() * kTilePair; }  // elements of a lane
  [[nodiscard]] bool many_filters() const {
    return packed() * static_cast<std::int64_t>(sizeof(bf16)) > kManyFilters;
  }
  [[nodiscard]] std::int64_t rows() const {
    const std::int64_t most = kStripBytes / (in * pitch() * kPixelBytes) - 2 * pad();
    return many_filters() ? H : std::clamp<std::int64_t>(most, 1, std::min(H, kMostRows));
  }
  /// Positions of one block of a strip, with what tiles read beyond its last row.
  [[nodiscard]] std::int64_t positions() const {
    return (rows() + 2 * pad()) * pitch() + 2 * pad() + kTileSlack;
  }
  [[nodiscard]] std::int64_t copied(std::int64_t samples, int threads) const {
    return (many_filters() ? samples : threads) * in * positions() * kTileBlock;
  }
};

struct Product {
  const TileKernels& kernels;
  TensorView y;
  ConstTensorView x;
  tiled::FilterLayout filters;
  ConstParameterView bias;  // or empty
  BlockTable out, in;
  Plan plan;
  Stream& stream;

  /// Rows [h0, h1) of output block `block` of sample n, from a strip that begins at row h0 - pad.
  void rows(std::int64_t n, int block, std::int64_t h0, std::int64_t h1, const bf16* strip,
            const bf16* packed) const {
    const std::int64_t lane = n / (y.shape.n / filters.w.lanes), W = plan.W;
    float block_bias[kTileBlock];
    tiled::block_bias(block_bias, bias, lane, out, block);
    std::ptrdiff_t taps[9];
    for (std::int64_t t = 0; t < plan.taps(); ++t) {
      taps[t] = (t / plan.filter * plan.pitch() + t % plan.filter) * kTileBlock;
    }
    TileProductJob job{};
    job.y = static_cast<bf16*>(y.data) + n * y.sample_stride + (block * plan.H + h0) * W * kTileBlock;
    job.y_row = W * kTileBlock;
    job.y_pixel = kTileBlock;
    job.rows = static_cast<int>(h1 - h0);
    job.width = static_cast<int>(W);
    job.pitch = static_cast<int>(plan.pitch());
    job.x = strip;
    job.x_block = plan.positions() * kTileBlock;
    job.taps = taps;
    job.blocks = in.blocks();
    job.tap_count = plan.taps();
    job.w = packed + lane * plan.packed() + std::int64_t{block} * in.blocks() * plan.taps() * kTilePair;
    job.w_block = plan.taps() * kTilePair;
    job.w_tap = kTilePair;
    job.bias = block_bias;
    kernels.product(job);
  }

  void copy_block(bf16* strip, std::int64_t n, std::int64_t block, std::int64_t h0, std::int64_t h1) const {
    tiled::copy_rows(strip + block * plan.positions() * kTileBlock, tiled::block_of(x, n, block), plan.H,
                     plan.W, h0 - plan.pad(), h1 + plan.pad(), plan.pad());
  }

  void run() const {
    Scratch scratch(stream);
    bf16* packed = scratch.take<bf16>(static_cast<std::size_t>(filters.w.lanes * plan.packed()));
    tiled::pack_filters(kernels, packed, filters, out, in, stream);
    const std::int64_t N = x.shape.n, H = plan.H, strip_size = plan.in * plan.positions() * kTileBlock;
    bf16* copies = scratch.take<bf16>(static_cast<std::size_t>(plan.copied(N, stream.pool().threads())));
    if (plan.many_filters()) {
      stream.pool().run(N * plan.in, [&](std::int64_t unit, int) {
        copy_block(copies + unit / plan.in * strip_size, unit / plan.in, unit % plan.in, 0, H);
      });
      const std::int64_t B = N / filters.w.lanes;
      stream.pool().run(N * plan.out, [&](std::int64_t unit, int) {
        const std::int64_t n = unit / (B * plan.out) * B + unit % B;
        rows(n, static_cast<int>(unit / B % plan.out), 0, H, copies + n * strip_size, packed);
      });
      return;
    }
    const std::int64_t height = plan.rows(), strips = (H + height - 1) / height;
    stream.pool().run(N * strips, [&](std::int64_t unit, int thread) {
      const std::int64_t n = unit / strips, h0 = unit % strips * height, h1 = std::min(H, h0 + height);
      bf16* strip = copies + thread * strip_size;
      for (std::int64_t block = 0; block < plan.in; ++block) {
        copy_block(strip, n, block, h0, h1);
      }
      for (int block = 0; block < out.blocks(); ++block) {
        rows(n, block, h0, h1, strip, packed);
      }
    });
  }
};

std::size_t product_workspace(const Plan& plan, const ConvShape& s, int threads) {
  return Scratch::rounded(static_cast<std::size_t>(s.lanes * plan.packed()) * sizeof(bf16)) +
         Scratch::rounded(static_cast<std::size_t>(plan.copied(s.samples, threads)) * sizeof(bf16));
}

/// Left: dy, with zeros between its rows. Right: x with its border, as pairs that begin at even and at odd
/// positions.
tiled::WeightPlan weight_plan(std::int64_t lanes, std::int64_t samples, std::int64_t kb, std::int64_t cb,
                              std::int64_t H, std::int64_t W, std::int64_t filter) {
  const std::int64_t pad = filter / 2, pitch = W + 2 * pad;
  // 1 MB of packed strips of both sides, 64 and 128 bytes to the position.
  const std::int64_t most = 1024 * 1024 / ((kb > 1 ? 2 : 1) * 64 * pitch + cb * 128 * pitch);
  tiled::WeightPlan plan{};
  plan.lanes = lanes;
  plan.batch = samples / lanes;
  plan.left = kb;
  plan.right = cb;
  plan.taps = static_cast<int>(filter * filter);
  const std::int64_t rows = std::clamp<std::int64_t>(most, 1, std::min<std::int64_t>(H, kMostRows));
  plan.strips = (H + rows - 1) / rows;
  plan.rows = (H + plan.strips - 1) / plan.strips;
  plan.strips = (H + plan.rows - 1) / plan.rows;
  plan.chunks = (plan.rows * pitch + kPositionsPerStep - 1) / kPositionsPerStep;
  plan.right_pairs = plan.chunks * 16 + (2 * pad * (pitch + 1) + 1) / 2;
  plan.right_sets = filter == 1 ? 1 : 2;
  plan.staging = 2 * plan.right_pairs + 1;
  plan.divide();
  return plan;
}

}  // namespace

bool supports(const ConvShape& s) {
  return s.dtype == DType::kBF16 && s.x_block == kTileBlock && s.y_block == kTileBlock &&
         BlockTable::fits(s.c) && BlockTable::fits(s.k);
}

std::size_t workspace(const ConvShape& s, int threads) {
  const std::int64_t cb = tiled::blocks_for(s.c, s.x_split), kb = tiled::blocks_for(s.k, 0);
  std::size_t bytes = std::max(product_workspace({cb, kb, s.h, s.w, s.filter}, s, threads),
                               product_workspace({kb, cb, s.h, s.w, s.filter}, s, threads));
  // A smaller batch may be divided otherwise and take more.
  for (std::int64_t samples = s.lanes; samples <= s.samples; samples += s.lanes) {
    bytes = std::max(bytes, weight_plan(s.lanes, samples, kb, cb, s.h, s.w, s.filter).workspace(threads));
  }
  return bytes;
}

void forward(const TileKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream) {
  const std::int64_t filter = w.dims[2], taps = filter * filter;
  const BlockTable out = tiled::block_table(y.shape.c, 0), in = tiled::block_table(x.shape.c, x.split);
  const tiled::FilterLayout filters{w, w.dims[1] * taps, taps, static_cast<int>(taps), false};
  Product{kernels, y, x, filters, b, out, in, {in.blocks(), out.blocks(), x.shape.h, x.shape.w, filter},
          stream}
      .run();
}

void backward_data(const TileKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream) {
  const std::int64_t filter = w.dims[2], taps = filter * filter;
  const BlockTable out = tiled::block_table(dx.shape.c, dx.split), in = tiled::block_table(dy.shape.c, 0);
  const tiled::FilterLayout filters{w, taps, w.dims[1] * taps, static_cast<int>(taps), true};
  Product{kernels, dx, dy, filters, {}, out, in, {in.blocks(), out.blocks(), dy.shape.h, dy.shape.w, filter},
          stream}
      .run();
}

namespace {

void backward_bias(const TileKernels& kernels, ParameterView db, ConstTensorView dy, Stream& stream) {
  const std::int64_t B = dy.shape.n / db.lanes, blocks = dy.blocks();
  const BlockTable table = tiled::block_table(dy.shape.c, 0);
  stream.pool().run(db.lanes * blocks, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / blocks;
    const int block = static_cast<int>(unit % blocks);
    double sums[kTileBlock] = {};
    for (std::int64_t n = lane * B; n < (lane + 1) * B; ++n) {
      kernels.sum_pixels(sums, tiled::block_of(dy, n, block), dy.plane());
    }
    for (int k = 0; k < table.count(block); ++k) {
      db.lane<float>(lane)[table.start(block) + k] += static_cast<float>(sums[k]);
    }
  });
}

}  // namespace

void backward_weight(const TileKernels& kernels, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream) {
  const std::int64_t H = x.shape.h, W = x.shape.w, filter = dw.dims[2], pad = filter / 2, pitch = W + 2 * pad;
  const BlockTable out = tiled::block_table(dy.shape.c, 0), in = tiled::block_table(x.shape.c, x.split);
  const tiled::WeightPlan plan = weight_plan(dw.lanes, x.shape.n, out.blocks(), in.blocks(), H, W, filter);
  const std::int64_t odd_set = 2 * plan.right_pairs * 32;
  std::ptrdiff_t offsets[9] = {};
  for (int t = 0; t < plan.taps; ++t) {
    const std::int64_t offset = t / filter * pitch + t % filter;
    offsets[t] = offset / 2 * 32 + (offset % 2 == 1 ? odd_set : 0);
  }
  const auto pack_dy = [&](bf16* to, bf16* staging, const tiled::Strip& strip, std::int64_t block) {
    // The border stands behind its row, where the products of two rows meet.
    const bf16* rows = tiled::block_of(dy, strip.n, block);
    for (std::int64_t h = strip.h0; h < strip.h1; ++h) {
      bf16* row = staging + (h - strip.h0) * pitch * kTileBlock;
      tiled::copy_rows(row, rows, H, W, h, h + 1, 0);
      tiled::fill_zero(row + W * kTileBlock, pitch - W);
    }
    const std::int64_t filled = (strip.h1 - strip.h0) * pitch;
    tiled::fill_zero(staging + filled * kTileBlock, plan.chunks * kPositionsPerStep - filled);
    kernels.transpose(to, staging, static_cast<int>(plan.chunks));
  };
  const auto pack_x = [&](bf16* to, bf16* staging, const tiled::Strip& strip, std::int64_t block) {
    tiled::copy_rows(staging, tiled::block_of(x, strip.n, block), H, W, strip.h0 - pad, strip.h1 + pad, pad);
    const std::int64_t filled = (strip.h1 - strip.h0 + 2 * pad) * pitch;
    tiled::fill_zero(staging + filled * kTileBlock, plan.staging - filled);
    kernels.pair(to, filter == 1 ? nullptr : to + odd_set, staging, static_cast<int>(plan.right_pairs));
  };
  tiled::add_weight_gradient(kernels, plan, dw, out, in, offsets, pack_dy, pack_x, H, stream.pool().threads(),
                             stream);
  if (!db.empty()) {
    backward_bias(kernels, db, dy, stream);
  }
}

}  // namespace selfsame::conv2d_tiled
