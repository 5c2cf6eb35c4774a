// SPDX-License-Identifier: Apache-2.0
// Backward weight of the 3x3 convolution by Winograd's F(3x3, 4x4), the transpose of forward's F(4x4, 3x3):
//
//   dw_kc += G^T [ sum_tiles (A dy_k A^T) .* (B^T x_c B) ] G,
//
// at each of 36 positions a product of transformed tiles, summed over the tiles in order.
//
// With few channels and many tiles, the 36 sums of all pairs (k, c) stay in the L2 cache: a unit of work is a
// fixed range of a lane's tile rows, which it transforms piece by piece; the ranges are then added in order.
// Else all tiles are transformed first and a unit of work is a rectangle of pairs, over all tiles of the
// lane. Which of the two, and the ranges, depend on the lane's own shape only.
#include <algorithm>

#include "kernels/conv2d/conv2d_cpu.hpp"
#include "kernels/conv2d/conv2d_versions.hpp"

namespace selfsame::conv2d_winograd {
namespace {

constexpr std::int64_t kChunkFloats = 96 * 1024;  // 384 KB of transformed tiles of x and dy
constexpr std::int64_t kManySums = 192 * 1024;    // 768 KB of sums: more do not stay in the L2 cache
constexpr std::int64_t kWantedPairs = 128;        // ranges * pairs: bounds the memory of their sums
constexpr std::int64_t kMostRanges = 16;
constexpr std::int64_t kFewestRanges = 4;  // fewer would leave threads without work
constexpr std::int64_t kRangeTiles = 64;   // tiles that outweigh the transform of a range's sums
constexpr std::int64_t kDeepTiles = 64;    // of a chunk when all tiles are transformed first
constexpr std::int64_t kDeepInputs = 4;    // most input blocks of a rectangle
constexpr std::int64_t kWantedUnits = 16;  // rectangles of a lane
constexpr std::int64_t kVec = kConvBlock, kBlockPair = kVec * kVec;

struct WeightPlan {
  std::int64_t in, out;           // channel blocks
  std::int64_t batch;             // samples of a lane
  std::int64_t tiles_h, tiles_w;  // of a sample
  bool deep;
  std::int64_t ranges;           // of a lane's tile rows
  std::int64_t rows;             // tile rows of a chunk
  std::int64_t chunks;           // of a range
  std::int64_t inputs_together;  // if deep: input blocks of a rectangle, which has two output blocks

  WeightPlan(std::int64_t in_, std::int64_t out_, std::int64_t batch_, std::int64_t H, std::int64_t W)
      : in(in_), out(out_), batch(batch_), tiles_h((H + 3) / 4), tiles_w((W + 3) / 4) {
    const std::int64_t all = batch * tiles_h, pairs = in * out;
    ranges = std::min({kWantedPairs / pairs, all * tiles_w / kRangeTiles, all, kMostRanges});
    deep = ranges < kFewestRanges || kWinogradPositions * pairs * kBlockPair > kManySums;
    ranges = deep ? 1 : ranges;
    inputs_together = std::clamp<std::int64_t>((out + 1) / 2 * in / kWantedUnits, 1, kDeepInputs);
    const std::int64_t tiles = deep ? kDeepTiles : kChunkFloats / (kWinogradPositions * (in + out) * kVec);
    const std::int64_t longest = (all + ranges - 1) / ranges;
    const std::int64_t most = std::clamp<std::int64_t>(tiles / tiles_w, 1, longest);
    chunks = (longest + most - 1) / most;
    rows = (longest + chunks - 1) / chunks;
  }
  [[nodiscard]] std::int64_t pitch() const { return (rows * tiles_w) | 1; }
  [[nodiscard]] std::int64_t block() const {
    return kWinogradPositions * pitch() * kVec;
  }                                          // of tiles, floats
  [[nodiscard]] std::int64_t sums() const {  // floats, of a unit
    return kWinogradPositions * kBlockPair * (deep ? 2 * inputs_together : in * out);
  }
  [[nodiscard]] std::int64_t inputs(std::int64_t lanes, int threads) const {
    return (deep ? lanes * chunks : threads) * in * block();
  }
  [[nodiscard]] std::int64_t gradients(std::int64_t lanes, int threads) const {
    return (deep ? lanes * chunks : threads) * out * block();
  }
  [[nodiscard]] std::int64_t range_sums() const { return in * out * 9 * kBlockPair; }
  [[nodiscard]] std::int64_t partial(std::int64_t lanes) const {
    return deep ? 0 : lanes * ranges * range_sums();
  }
};

class Weight {
 public:
  Weight(const WinogradKernels& winograd, ParameterView dw, ConstTensorView dy, ConstTensorView x,
         Stream& stream)
      : winograd_(winograd),
        dw_(dw),
        dy_(dy),
        x_(x),
        out_(dy.shape.c, 0),
        in_(x.shape.c, x.split),
        stream_(stream),
        plan_(in_.blocks(), out_.blocks(), x.shape.n / dw.lanes, x.shape.h, x.shape.w) {}

  void run() {
    Scratch scratch(stream_);
    const int threads = stream_.pool().threads();
    const auto floats = [&](std::int64_t count) {
      return scratch.take<float>(static_cast<std::size_t>(count));
    };
    float* v = floats(plan_.inputs(dw_.lanes, threads));
    float* d = floats(plan_.gradients(dw_.lanes, threads));
    float* sums = floats(threads * plan_.sums());
    float* partial = floats(plan_.partial(dw_.lanes));
    plan_.deep ? run_deep(v, d, sums) : run_shallow(v, d, sums, partial);
  }

 private:
  struct Rows {  // of a lane
    std::int64_t first, last;
  };

  void run_shallow(float* v, float* d, float* sums, float* partial) {
    const std::int64_t in = plan_.in, out = plan_.out, ranges = plan_.ranges,
                       all = plan_.batch * plan_.tiles_h;
    stream_.pool().run(dw_.lanes * ranges, [&](std::int64_t unit, int thread) {
      const std::int64_t lane = unit / ranges, range = unit % ranges;
      float* mine = sums + thread * plan_.sums();
      float* tiles_v = v + thread * in * plan_.block();
      float* tiles_d = d + thread * out * plan_.block();
      const std::int64_t first = all * range / ranges, end = all * (range + 1) / ranges;
      for (std::int64_t row = first; row < end; row += plan_.rows) {
        const Rows rows{row, std::min(end, row + plan_.rows)};
        for (std::int64_t block = 0; block < in; ++block) {
          transform(winograd_.input, tiles_v + block * plan_.block(), x_, block, lane, rows);
        }
        for (std::int64_t block = 0; block < out; ++block) {
          transform(winograd_.gradient, tiles_d + block * plan_.block(), dy_, block, lane, rows);
        }
        for (std::int64_t k = 0; k < out; k += 2) {
          add_products(mine + k * in * kWinogradPositions * kBlockPair, tiles_d + k * plan_.block(), tiles_v,
                       in, group(k), rows, row > first);
        }
      }
      for (std::int64_t pair = 0; pair < in * out; ++pair) {  // pair = k * in + c
        const std::int64_t k = pair / in / 2 * 2;
        transform_sums(partial + unit * plan_.range_sums() + pair * 9 * kBlockPair,
                       mine + k * in * kWinogradPositions * kBlockPair, pair % in,
                       static_cast<int>(pair / in - k), group(k));
      }
    });
    stream_.pool().run(dw_.lanes * in * out, [&](std::int64_t unit, int) {
      const std::int64_t lane = unit / (in * out), pair = unit % (in * out);
      float* total = partial + lane * ranges * plan_.range_sums() + pair * 9 * kBlockPair;
      add_ranges(total, ranges, plan_.range_sums(), 9 * kBlockPair);
      add_to_weights(lane, static_cast<int>(pair / in), static_cast<int>(pair % in), total);
    });
  }

  void run_deep(float* v, float* d, float* sums) {
    const std::int64_t in = plan_.in, out = plan_.out, chunks = plan_.chunks,
                       all = plan_.batch * plan_.tiles_h;
    const auto rows_of = [&](std::int64_t chunk) {
      return Rows{chunk * plan_.rows, std::min(all, (chunk + 1) * plan_.rows)};
    };
    stream_.pool().run(dw_.lanes * chunks * (in + out), [&](std::int64_t unit, int) {
      const std::int64_t piece = unit / (in + out), lane = piece / chunks, block = unit % (in + out);
      if (block < in) {
        transform(winograd_.input, v + (piece * in + block) * plan_.block(), x_, block, lane,
                  rows_of(piece % chunks));
      } else {
        transform(winograd_.gradient, d + (piece * out + block - in) * plan_.block(), dy_, block - in, lane,
                  rows_of(piece % chunks));
      }
    });
    const std::int64_t together = plan_.inputs_together;
    const std::int64_t columns = (in + together - 1) / together, units = (out + 1) / 2 * columns;
    stream_.pool().run(dw_.lanes * units, [&](std::int64_t unit, int thread) {
      const std::int64_t lane = unit / units, k = unit % units / columns * 2, c0 = unit % columns * together,
                         inputs = std::min(together, in - c0);
      float* mine = sums + thread * plan_.sums();
      for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        const std::int64_t piece = lane * chunks + chunk;
        add_products(mine, d + (piece * out + k) * plan_.block(), v + (piece * in + c0) * plan_.block(),
                     inputs, group(k), rows_of(chunk), chunk > 0);
      }
      float total[9 * kBlockPair];
      for (std::int64_t c = 0; c < inputs; ++c) {
        for (int g = 0; g < group(k); ++g) {
          transform_sums(total, mine, c, g, group(k));
          add_to_weights(lane, static_cast<int>(k) + g, static_cast<int>(c0 + c), total);
        }
      }
    });
  }

  [[nodiscard]] int group(std::int64_t k) const {
    return static_cast<int>(std::min<std::int64_t>(2, plan_.out - k));
  }

  void transform(void (*function)(float*, const float*, const WinogradRow&), float* to,
                 const ConstTensorView& from, std::int64_t block, std::int64_t lane, Rows rows) const {
    for (std::int64_t row = rows.first; row < rows.last; ++row, to += plan_.tiles_w * kVec) {
      const std::int64_t n = lane * plan_.batch + row / plan_.tiles_h;
      function(to,
               static_cast<const float*>(from.data) + n * from.sample_stride + block * from.plane() * kVec,
               {static_cast<int>(from.shape.h), static_cast<int>(from.shape.w),
                static_cast<int>(row % plan_.tiles_h), plan_.pitch()});
    }
  }

  /// sums (inputs, 36, 16 c, group*16 k) = or += products of transformed tiles: `inputs` blocks of v, a group
  /// of d.
  void add_products(float* sums, const float* d, const float* v, std::int64_t inputs, int group, Rows rows,
                    bool add) const {
    const int tiles = static_cast<int>((rows.last - rows.first) * plan_.tiles_w);
    for (std::int64_t c = 0; c < inputs; ++c, v += plan_.block()) {
      for (int position = 0; position < kWinogradPositions; ++position, sums += kBlockPair * group) {
        winograd_.weight_product(sums, d + position * plan_.pitch() * kVec, plan_.block(),
                                 v + position * plan_.pitch() * kVec, tiles, group, add);
      }
    }
  }

  /// (16 c, 9, 16 k) of input block c and output block g of a group's sums.
  void transform_sums(float* total, const float* sums, std::int64_t c, int g, int group) const {
    winograd_.weight_output(total, sums + c * kWinogradPositions * kBlockPair * group, g, group);
  }

  void add_to_weights(std::int64_t lane, int k_block, int c_block, const float* total) const {
    winograd_.weight_add(dw_.lane<float>(lane) + (out_.start(k_block) * dw_.dims[1] + in_.start(c_block)) * 9,
                         dw_.dims[1] * 9, total, out_.count(k_block), in_.count(c_block));
  }

  const WinogradKernels& winograd_;
  ParameterView dw_;
  ConstTensorView dy_, x_;
  BlockTable out_, in_;
  Stream& stream_;
  WeightPlan plan_;
};

}  // namespace

std::int64_t weight_floats(const ConvShape& s, int threads) {
  const WeightPlan plan(ConstTensorView::blocks_for(s.c, kConvBlock, s.x_split),
                        ConstTensorView::blocks_for(s.k, kConvBlock), s.samples / s.lanes, s.h, s.w);
  constexpr std::int64_t kRounding = 4 * 16;
  return plan.inputs(s.lanes, threads) + plan.gradients(s.lanes, threads) + threads * plan.sums() +
         plan.partial(s.lanes) + kRounding;
}

void backward_weight(const Conv2dKernels& conv, const WinogradKernels& winograd, ParameterView dw,
                     ParameterView db, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  Weight(winograd, dw, dy, x, stream).run();
  if (!db.empty()) {
    conv2d_cpu::backward_bias(conv, db, dy, stream);
  }
}

}  // namespace selfsame::conv2d_winograd
