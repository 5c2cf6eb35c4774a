// SPDX-License-Identifier: Apache-2.0
// conv2d on the CPU: splits the work into numbered units and feeds the inner loops of conv2d_simd.cpp.
//
// Forward and backward data copy a strip of input rows, with its zero border, into scratch that stays in the
// L2 cache; every output channel then reads it in place. Where the filters outweigh the images (the deep
// levels of a U-Net), the whole input is copied once and the units run output group by output group, so that
// a group's filters stay in the cache for all samples. Backward weight sums over fixed ranges of samples,
// then over the ranges in order. Neither choice changes the order in which one output is summed.
#include "kernels/conv2d/conv2d_cpu.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/conv2d/conv2d_versions.hpp"

namespace selfsame {

int output_groups(const Conv2dKernels& kernels, int pixels, int blocks, std::int16_t* first) {
  int count = 0;
  for (int block = 0; block < blocks;) {
    first[count++] = static_cast<std::int16_t>(block);
    block += kernels.group_for(pixels, blocks - block);
  }
  first[count] = static_cast<std::int16_t>(blocks);
  return count;
}

std::int64_t pack_lanes(const Conv2dKernels& kernels, float* packed, const PackJob& job, std::int64_t lanes,
                        std::int64_t w_lane, int pixels, Stream& stream) {
  std::int16_t first[ChannelBlocks::kMax + 1];
  const int groups = output_groups(kernels, pixels, job.out.blocks, first);
  const std::int64_t lane_size = packed_count(job.in.blocks, job.out.blocks, job.tap_count);
  stream.pool().run(lanes * groups, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / groups, g = unit % groups;
    PackJob one = job;
    one.out_block = first[g];
    one.group = first[g + 1] - first[g];
    one.w = job.w + lane * w_lane;
    one.packed = packed + lane * lane_size + packed_count(job.in.blocks, first[g], job.tap_count);
    kernels.pack(one);
  });
  return lane_size;
}

namespace conv2d_cpu {
namespace {

constexpr std::int64_t kStripFloats = 64 * 1024;   // 256 KB: an eighth of a Sapphire Rapids core's L2
constexpr std::int64_t kManyFilters = 256 * 1024;  // 1 MB of packed filters: worth keeping a group in L2

std::int64_t blocks_of(std::int64_t c, int block, std::int64_t split) {
  return ConstTensorView::blocks_for(c, kConvBlock, block == 1 ? 0 : split);
}

/// Copies rows [h0 - pad, h1 + pad) of sample n with a zero border into strip (blocks, rows, W + 2*pad, 16).
void copy_rows(float* strip, const ConstTensorView& x, std::int64_t n, std::int64_t block, std::int64_t h0,
               std::int64_t h1, int pad) {
  const std::int64_t H = x.shape.h, W = x.shape.w, pitch = (W + 2 * pad) * kConvBlock;
  const float* sample = static_cast<const float*>(x.data) + n * x.sample_stride;
  for (std::int64_t h = h0 - pad; h < h1 + pad; ++h, strip += pitch) {
    if (h < 0 || h >= H) {
      std::memset(strip, 0, static_cast<std::size_t>(pitch) * sizeof(float));
      continue;
    }
    std::memset(strip, 0, static_cast<std::size_t>(pad) * kConvBlock * sizeof(float));
    std::memset(strip + pitch - pad * kConvBlock, 0,
                static_cast<std::size_t>(pad) * kConvBlock * sizeof(float));
    float* to = strip + pad * kConvBlock;
    if (x.block == kConvBlock) {
      std::memcpy(to, sample + (block * H + h) * W * kConvBlock,
                  static_cast<std::size_t>(W) * kConvBlock * sizeof(float));
    } else {  // planes: interleave; channels beyond C are never read
      for (std::int64_t c = 0; c < x.shape.c; ++c) {
        const float* row = sample + (c * H + h) * W;
        for (std::int64_t w = 0; w < W; ++w) {
          to[w * kConvBlock + c] = row[w];
        }
      }
    }
  }
}

/// One product y = filters * x in either direction (forward, or backward data with the roles exchanged).
struct Product {
  const Conv2dKernels& kernels;
  TensorView y;
  ConstTensorView x;
  int filter;
  std::int64_t lanes;
  const float* packed;
  std::int64_t packed_lane;
  ConstParameterView bias;  // or empty
  const BlockTable& out;
  const BlockTable& in;
  Stream& stream;

  std::int16_t first[ChannelBlocks::kMax + 1] = {};
  int groups = 0;
  std::ptrdiff_t taps[9] = {};

  [[nodiscard]] int pad() const { return filter / 2; }

  void prepare() {
    groups = output_groups(kernels, static_cast<int>(y.shape.w), out.blocks(), first);
    const std::ptrdiff_t pitch = (x.shape.w + 2 * pad()) * kConvBlock;
    for (int t = 0; t < filter * filter; ++t) {
      taps[t] = (t / filter) * pitch + (t % filter) * kConvBlock;
    }
  }

  /// Output rows [h0, h1) of sample n, group g, from a strip whose first row belongs to h0 - pad.
  void rows(std::int64_t n, int g, std::int64_t h0, std::int64_t h1, const float* strip,
            std::int64_t strip_rows, float* row_scratch) const {
    const std::int64_t lane = n / (y.shape.n / lanes), W = y.shape.w, plane = y.plane();
    const std::int64_t pitch = (x.shape.w + 2 * pad()) * kConvBlock;
    float* sample = static_cast<float*>(y.data) + n * y.sample_stride;
    float bias_block[4 * kConvBlock];
    RowJob job{};
    job.group = first[g + 1] - first[g];
    if (!bias.empty()) {
      for (int i = 0; i < job.group * kConvBlock; ++i) {
        const int block = first[g] + i / kConvBlock;
        bias_block[i] = i % kConvBlock < out.count(block)
                            ? bias.lane<float>(lane)[out.start(block) + i % kConvBlock]
                            : 0.0f;
      }
      job.bias = bias_block;
    }
    job.x_pixel = kConvBlock;
    job.x_block = strip_rows * pitch;
    job.taps = taps;
    job.tap_count = filter * filter;
    job.w = packed + lane * packed_lane + packed_count(in.blocks(), first[g], job.tap_count);
    job.in = in.view();
    job.pixels = static_cast<int>(W);
    job.y_pixel = kConvBlock;
    const bool planes = y.block == 1;
    job.y_block = planes ? W * kConvBlock : plane * kConvBlock;
    for (std::int64_t h = h0; h < h1; ++h) {
      job.x = strip + (h - h0) * pitch;
      job.y = planes ? row_scratch : sample + (first[g] * plane + h * W) * kConvBlock;
      kernels.row(job);
      for (int i = 0; planes && i < job.group * kConvBlock; ++i) {
        const std::int64_t k = std::int64_t{first[g]} * kConvBlock + i;
        for (std::int64_t w = 0; k < y.shape.c && w < W; ++w) {
          sample[k * plane + h * W + w] = row_scratch[(i / kConvBlock * W + w) * kConvBlock + i % kConvBlock];
        }
      }
    }
  }

  void run(Scratch& scratch) {
    prepare();
    const std::int64_t H = x.shape.h, W = x.shape.w, N = x.shape.n, blocks = in.blocks();
    const std::int64_t pitch = (W + 2 * pad()) * kConvBlock;
    const int threads = stream.pool().threads();
    float* row_scratch =
        y.block == 1 ? scratch.take<float>(static_cast<std::size_t>(threads * 4 * W * kConvBlock)) : nullptr;
    const auto row_of = [&](int thread) {
      return row_scratch == nullptr ? nullptr : row_scratch + thread * 4 * W * kConvBlock;
    };
    if (packed_lane > kManyFilters) {
      const std::int64_t rows_in = H + 2 * pad(), sample = blocks * rows_in * pitch;
      float* whole = scratch.take<float>(static_cast<std::size_t>(N * sample));
      stream.pool().run(N * blocks, [&](std::int64_t unit, int) {
        copy_rows(whole + unit * rows_in * pitch, x, unit / blocks, unit % blocks, 0, H, pad());
      });
      const std::int64_t B = N / lanes;
      stream.pool().run(lanes * groups * B, [&](std::int64_t unit, int thread) {
        const std::int64_t lane = unit / (groups * B), n = lane * B + unit % B;
        rows(n, static_cast<int>(unit / B % groups), 0, H, whole + n * sample, rows_in, row_of(thread));
      });
      return;
    }
    const std::int64_t strip = strip_rows(blocks, H, W, filter), strips = (H + strip - 1) / strip;
    const std::int64_t strip_size = blocks * (strip + 2 * pad()) * pitch;
    float* memory = scratch.take<float>(static_cast<std::size_t>(threads * strip_size));
    stream.pool().run(N * strips, [&](std::int64_t unit, int thread) {
      const std::int64_t n = unit / strips, h0 = unit % strips * strip, h1 = std::min(H, h0 + strip);
      const std::int64_t rows_in = h1 - h0 + 2 * pad();
      float* mine = memory + thread * strip_size;
      for (std::int64_t block = 0; block < blocks; ++block) {
        copy_rows(mine + block * rows_in * pitch, x, n, block, h0, h1, pad());
      }
      for (int g = 0; g < groups; ++g) {
        rows(n, g, h0, h1, mine, rows_in, row_of(thread));
      }
    });
  }

  [[nodiscard]] static std::int64_t strip_rows(std::int64_t blocks, std::int64_t H, std::int64_t W,
                                               int filter) {
    const std::int64_t row = blocks * (W + filter - 1) * kConvBlock;
    return std::clamp<std::int64_t>(kStripFloats / row - (filter - 1), 1, std::min<std::int64_t>(H, 16));
  }
};

std::int64_t product_floats(std::int64_t in, std::int64_t out, const ConvShape& s, int threads) {
  const std::int64_t pad = s.filter / 2,
                     packed = packed_count(static_cast<int>(in), static_cast<int>(out), s.filter * s.filter);
  const std::int64_t pitch = (s.w + 2 * pad) * kConvBlock;
  const std::int64_t copy =
      packed > kManyFilters ? s.samples * in * (s.h + 2 * pad) * pitch
                            : threads * in * (Product::strip_rows(in, s.h, s.w, s.filter) + 2 * pad) * pitch;
  return s.lanes * packed + copy + threads * 4 * s.w * kConvBlock + 64;
}

}  // namespace

bool supports(const ConvShape& s) {
  const bool blocks = (s.x_block == kConvBlock || (s.x_block == 1 && s.c <= kConvBlock && s.x_split == 0)) &&
                      (s.y_block == kConvBlock || (s.y_block == 1 && s.k <= kConvBlock)) &&
                      (s.x_block == kConvBlock || s.y_block == kConvBlock);
  return s.dtype == DType::kF32 && blocks && BlockTable::fits(s.c) && BlockTable::fits(s.k);
}

std::size_t workspace(const ConvShape& s, int threads) {
  const std::int64_t cb = blocks_of(s.c, s.x_block, s.x_split), kb = blocks_of(s.k, s.y_block, 0);
  const std::int64_t weight = weight_floats(s, cb, kb, threads);
  return static_cast<std::size_t>(
             std::max({product_floats(cb, kb, s, threads), product_floats(kb, cb, s, threads), weight})) *
         sizeof(float);
}

void forward(const Conv2dKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream) {
  const BlockTable out(y.shape.c, 0), in(x.shape.c, x.split);
  const int filter = static_cast<int>(w.dims[2]);
  Scratch scratch(stream);
  PackJob pack{};
  pack.w = static_cast<const float*>(w.data);
  pack.out_stride = w.dims[1] * filter * filter;
  pack.in_stride = filter * filter;
  pack.tap_count = filter * filter;
  pack.out = out.view();
  pack.in = in.view();
  const std::int64_t lane_size = packed_count(in.blocks(), out.blocks(), pack.tap_count);
  float* packed = scratch.take<float>(static_cast<std::size_t>(w.lanes * lane_size));
  pack_lanes(kernels, packed, pack, w.lanes, w.lane_stride, static_cast<int>(y.shape.w), stream);
  Product{kernels, y, x, filter, w.lanes, packed, lane_size, b, out, in, stream}.run(scratch);
}

void backward_data(const Conv2dKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream) {
  const BlockTable out(dx.shape.c, dx.split), in(dy.shape.c, 0);
  const int filter = static_cast<int>(w.dims[2]);
  Scratch scratch(stream);
  PackJob pack{};
  pack.w = static_cast<const float*>(w.data);
  pack.out_stride = filter * filter;
  pack.in_stride = w.dims[1] * filter * filter;
  pack.tap_count = filter * filter;
  pack.flipped = true;
  pack.out = out.view();
  pack.in = in.view();
  const std::int64_t lane_size = packed_count(in.blocks(), out.blocks(), pack.tap_count);
  float* packed = scratch.take<float>(static_cast<std::size_t>(w.lanes * lane_size));
  pack_lanes(kernels, packed, pack, w.lanes, w.lane_stride, static_cast<int>(dx.shape.w), stream);
  Product{kernels, dx, dy, filter, w.lanes, packed, lane_size, {}, out, in, stream}.run(scratch);
}

}  // namespace conv2d_cpu
}  // namespace selfsame
