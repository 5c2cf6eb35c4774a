// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution by Winograd's F(4x4, 3x3): 36 multiplications for the 144 of 4x4 outputs. Forward and
// backward data are one product of transformed tiles,
//
//   y tile = A^T [ sum_c (G w_kc G^T) .* (B^T x_c B) ] A,
//
// at each of 36 positions a matrix product over the channels, which the row kernel of conv2d_simd.cpp
// computes with the tiles as its pixels.
//
// The tile rows of a lane (of all its samples) are cut into chunks. With few filters, all are transformed
// first and a unit of work is one chunk: its transformed inputs and one group of outputs stay in the L2
// cache. With many (deep levels of a U-Net), transformed filters would be four times the weights and outweigh
// everything else, so all inputs are transformed first and a unit of work is (chunk, groups of outputs),
// which transforms the filters that it needs a slice of input channels at a time. Neither choice, nor the
// chunk, changes the order in which one output is summed.
#include <algorithm>

#include "kernels/conv2d/conv2d_cpu.hpp"
#include "kernels/conv2d/conv2d_versions.hpp"

namespace selfsame::conv2d_winograd {
namespace {

constexpr std::int64_t kChunkFloats = 64 * 1024;    // 256 KB of transformed inputs
constexpr std::int64_t kManyFilters = 1024 * 1024;  // 4 MB of transformed filters
constexpr std::int64_t kDeepTiles = 64;             // a slice of filters serves so many tiles
constexpr int kSliceBlocks = 4;                     // input blocks of a slice of filters
constexpr int kMostGroup = 4;                       // output blocks of a row job
// Measured with AVX-512 and one sample of 16 to 256 channels: even with the direct version at 6x6 pixels,
// faster at 8x8 and 5x17.
constexpr std::int64_t kFewestPixels = 64;
constexpr int kVec = kConvBlock;

/// How one product is divided; a function of the shape only.
struct Plan {
  std::int64_t in, out;           // channel blocks
  std::int64_t batch;             // samples of a lane
  std::int64_t tiles_h, tiles_w;  // of a sample
  bool deep;
  std::int64_t rows;    // tile rows of a chunk
  std::int64_t chunks;  // of a lane

  Plan(std::int64_t in_, std::int64_t out_, std::int64_t batch_, std::int64_t H, std::int64_t W)
      : in(in_), out(out_), batch(batch_), tiles_h((H + 3) / 4), tiles_w((W + 3) / 4) {
    deep = filter_floats() > kManyFilters;
    const std::int64_t tiles = deep ? kDeepTiles : kChunkFloats / (kWinogradPositions * in * kVec);
    const std::int64_t all = batch * tiles_h, most = std::clamp<std::int64_t>(tiles / tiles_w, 1, all);
    chunks = (all + most - 1) / most;
    rows = (all + chunks - 1) / chunks;
  }
  [[nodiscard]] std::int64_t pitch() const { return (rows * tiles_w) | 1; }
  [[nodiscard]] std::int64_t block() const {
    return kWinogradPositions * pitch() * kVec;
  }  // of tiles, floats
  [[nodiscard]] static std::int64_t u_position(std::int64_t in_blocks, std::int64_t group) {
    return (in_blocks * kVec * group + 1) * kVec;  // odd number of lines, as the pitch
  }
  [[nodiscard]] std::int64_t filter_floats() const {  // of a lane, for any division into groups
    return kWinogradPositions * out * u_position(in, 1);
  }
  [[nodiscard]] std::int64_t inputs(std::int64_t lanes, int threads) const {
    return (deep ? lanes * chunks : threads) * in * block();
  }
  [[nodiscard]] std::int64_t filters(std::int64_t lanes, int threads) const {
    return deep ? threads * kWinogradPositions * u_position(kSliceBlocks, kMostGroup)
                : lanes * filter_floats();
  }
  [[nodiscard]] std::int64_t outputs(int threads) const { return threads * kMostGroup * block(); }
};

class Product {
 public:
  Product(const Conv2dKernels& conv, const WinogradKernels& winograd, TensorView y, ConstTensorView x,
          WinogradFilterJob filters, std::int64_t w_lane, std::int64_t lanes, ConstParameterView bias,
          const BlockTable& out, const BlockTable& in, Stream& stream)
      : conv_(conv),
        winograd_(winograd),
        y_(y),
        x_(x),
        filters_(filters),
        w_lane_(w_lane),
        lanes_(lanes),
        bias_(bias),
        out_(out),
        in_(in),
        stream_(stream),
        plan_(in.blocks(), out.blocks(), x.shape.n / lanes, x.shape.h, x.shape.w) {
    groups_ = output_groups(conv, static_cast<int>(plan_.rows * plan_.tiles_w), out.blocks(), first_);
    filters_.out = out.view();
  }

  void run() {
    Scratch scratch(stream_);
    const int threads = stream_.pool().threads();
    const auto floats = [&](std::int64_t count) {
      return scratch.take<float>(static_cast<std::size_t>(count));
    };
    float* v = floats(plan_.inputs(lanes_, threads));
    float* u = floats(plan_.filters(lanes_, threads));
    float* m = floats(plan_.outputs(threads));
    plan_.deep ? run_deep(v, u, m) : run_shallow(v, u, m);
  }

 private:
  void run_shallow(float* v, float* u, float* m) {
    const std::int64_t u_lane = plan_.filter_floats(), in = plan_.in;
    stream_.pool().run(lanes_ * groups_ * in, [&](std::int64_t unit, int) {
      const std::int64_t lane = unit / (groups_ * in);
      const int g = static_cast<int>(unit / in % groups_), block = static_cast<int>(unit % in);
      transform_filters(u + lane * u_lane + group_offset(g), in, lane, g, block, block);
    });
    stream_.pool().run(lanes_ * plan_.chunks, [&](std::int64_t unit, int thread) {
      const std::int64_t lane = unit / plan_.chunks, chunk = unit % plan_.chunks;
      float* mine = v + thread * in * plan_.block();
      float* sums = m + thread * kMostGroup * plan_.block();
      for (std::int64_t block = 0; block < in; ++block) {
        transform_inputs(mine + block * plan_.block(), lane, chunk, block);
      }
      for (int g = 0; g < groups_; ++g) {
        multiply(sums, mine, u + lane * u_lane + group_offset(g), chunk, g, 0, static_cast<int>(in));
        transform_outputs(sums, lane, chunk, g);
      }
    });
  }

  void run_deep(float* v, float* u, float* m) {
    const std::int64_t in = plan_.in, chunks = plan_.chunks;
    stream_.pool().run(lanes_ * chunks * in, [&](std::int64_t unit, int) {
      transform_inputs(v + unit * plan_.block(), unit / (chunks * in), unit / in % chunks, unit % in);
    });
    stream_.pool().run(lanes_ * chunks * groups_, [&](std::int64_t unit, int thread) {
      const std::int64_t lane = unit / (chunks * groups_), chunk = unit / groups_ % chunks;
      const int g = static_cast<int>(unit % groups_);
      const float* chunk_v = v + (lane * chunks + chunk) * in * plan_.block();
      float* slice = u + thread * kWinogradPositions * Plan::u_position(kSliceBlocks, kMostGroup);
      float* sums = m + thread * kMostGroup * plan_.block();
      for (int block = 0; block < in; block += kSliceBlocks) {
        const int last = static_cast<int>(std::min<std::int64_t>(in, block + kSliceBlocks));
        for (int b = block; b < last; ++b) {
          transform_filters(slice, last - block, lane, g, b, b - block);
        }
        multiply(sums, chunk_v, slice, chunk, g, block, last);
      }
      transform_outputs(sums, lane, chunk, g);
    });
  }

  [[nodiscard]] int group_blocks(int g) const { return first_[g + 1] - first_[g]; }
  [[nodiscard]] std::int64_t group_offset(int g) const {
    return first_[g] * kWinogradPositions * Plan::u_position(plan_.in, 1);
  }
  [[nodiscard]] std::int64_t chunk_rows(std::int64_t chunk) const {
    return std::min(plan_.rows, plan_.batch * plan_.tiles_h - chunk * plan_.rows);
  }

  /// Filters of group g and input block `block`, as the `place`-th of `blocks` input blocks in u.
  void transform_filters(float* u, std::int64_t blocks, std::int64_t lane, int g, int block,
                         int place) const {
    WinogradFilterJob job = filters_;
    job.group = group_blocks(g);
    job.out_block = first_[g];
    job.in_start = in_.start(block);
    job.in_count = in_.count(block);
    job.w += lane * w_lane_;
    job.u = u + place * kVec * job.group * kVec;
    job.u_position = Plan::u_position(blocks, job.group);
    winograd_.filter(job);
  }

  void transform_inputs(float* v, std::int64_t lane, std::int64_t chunk, std::int64_t block) const {
    const std::int64_t count = chunk_rows(chunk);
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t row = chunk * plan_.rows + r, n = lane * plan_.batch + row / plan_.tiles_h;
      winograd_.input(v + r * plan_.tiles_w * kVec,
                      static_cast<const float*>(x_.data) + n * x_.sample_stride + block * x_.plane() * kVec,
                      geometry(row));
    }
  }

  void transform_outputs(const float* m, std::int64_t lane, std::int64_t chunk, int g) const {
    const std::int64_t count = chunk_rows(chunk);
    for (int block = first_[g]; block < first_[g + 1]; ++block, m += plan_.block()) {
      float bias[kVec] = {};
      for (int i = 0; !bias_.empty() && i < out_.count(block); ++i) {
        bias[i] = bias_.lane<float>(lane)[out_.start(block) + i];
      }
      for (std::int64_t r = 0; r < count; ++r) {
        const std::int64_t row = chunk * plan_.rows + r, n = lane * plan_.batch + row / plan_.tiles_h;
        winograd_.output(static_cast<float*>(y_.data) + n * y_.sample_stride + block * y_.plane() * kVec,
                         m + r * plan_.tiles_w * kVec, bias, geometry(row));
      }
    }
  }

  [[nodiscard]] WinogradRow geometry(std::int64_t row) const {
    return {static_cast<int>(x_.shape.h), static_cast<int>(x_.shape.w), static_cast<int>(row % plan_.tiles_h),
            plan_.pitch()};
  }

  /// m = or += products of group g with the input blocks [first, last) of v, at all positions.
  void multiply(float* m, const float* v, const float* u, std::int64_t chunk, int g, int first,
                int last) const {
    constexpr std::ptrdiff_t kNoOffset = 0;
    const ChannelBlocks all = in_.view();
    RowJob job{};
    job.y_pixel = job.x_pixel = kVec;
    job.y_block = job.x_block = plan_.block();
    job.taps = &kNoOffset;
    job.tap_count = 1;
    job.in = {last - first, all.start + first, all.count + first};
    job.pixels = static_cast<int>(chunk_rows(chunk) * plan_.tiles_w);
    job.group = group_blocks(g);
    job.add = first > 0;
    for (int position = 0; position < kWinogradPositions; ++position) {
      job.y = m + position * plan_.pitch() * kVec;
      job.x = v + first * plan_.block() + position * plan_.pitch() * kVec;
      job.w = u + position * Plan::u_position(last - first, job.group);
      conv_.row(job);
    }
  }

  const Conv2dKernels& conv_;
  const WinogradKernels& winograd_;
  TensorView y_;
  ConstTensorView x_;
  WinogradFilterJob filters_;
  std::int64_t w_lane_, lanes_;
  ConstParameterView bias_;
  const BlockTable &out_, &in_;
  Stream& stream_;
  Plan plan_;
  std::int16_t first_[ChannelBlocks::kMax + 1] = {};
  int groups_ = 0;
};

std::int64_t product_floats(std::int64_t in, std::int64_t out, const ConvShape& s, int threads) {
  const Plan plan(in, out, s.samples / s.lanes, s.h, s.w);
  constexpr std::int64_t kRounding = 3 * 16;
  return plan.inputs(s.lanes, threads) + plan.filters(s.lanes, threads) + plan.outputs(threads) + kRounding;
}

}  // namespace

bool supports(const ConvShape& s) {
  const bool whole_blocks =
      s.x_block == kConvBlock && s.y_block == kConvBlock && s.c >= kConvBlock && s.k >= kConvBlock;
  const bool enough_tiles = s.h >= 4 && s.w >= 4 && s.h * s.w >= kFewestPixels;
  return conv2d_cpu::supports(s) && s.filter == 3 && whole_blocks && enough_tiles;
}

std::size_t workspace(const ConvShape& s, int threads) {
  const std::int64_t cb = ConstTensorView::blocks_for(s.c, kConvBlock, s.x_split),
                     kb = ConstTensorView::blocks_for(s.k, kConvBlock);
  std::int64_t floats = 0;
  ConvShape part = s;  // a smaller batch may be divided otherwise and take more
  for (part.samples = s.lanes; part.samples <= s.samples; part.samples += s.lanes) {
    floats = std::max({floats, product_floats(cb, kb, part, threads), product_floats(kb, cb, part, threads),
                       weight_floats(part, threads)});
  }
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void forward(const Conv2dKernels& conv, const WinogradKernels& winograd, TensorView y, ConstTensorView x,
             ConstParameterView w, ConstParameterView b, Stream& stream) {
  const BlockTable out(y.shape.c, 0), in(x.shape.c, x.split);
  WinogradFilterJob filters{};
  filters.w = static_cast<const float*>(w.data);
  filters.out_stride = w.dims[1] * 9;
  filters.in_stride = 9;
  Product(conv, winograd, y, x, filters, w.lane_stride, w.lanes, b, out, in, stream).run();
}

void backward_data(const Conv2dKernels& conv, const WinogradKernels& winograd, TensorView dx,
                   ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const BlockTable out(dx.shape.c, dx.split), in(dy.shape.c, 0);
  WinogradFilterJob filters{};
  filters.w = static_cast<const float*>(w.data);
  filters.out_stride = 9;
  filters.in_stride = w.dims[1] * 9;
  filters.flipped = true;
  Product(conv, winograd, dx, dy, filters, w.lane_stride, w.lanes, {}, out, in, stream).run();
}

}  // namespace selfsame::conv2d_winograd
