// SPDX-License-Identifier: Apache-2.0
// conv_transpose2d on the CPU with the inner loops of conv2d: forward is four 1x1 products with the output
// written to every other pixel, backward data one 2x2 product that reads every other pixel, backward weight
// four 1x1 sums.
#include <algorithm>
#include <cstring>

#include "kernels/conv2d/conv2d_cpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_versions.hpp"

namespace selfsame::conv_transpose2d_cpu {
namespace {

constexpr std::int64_t kRows = 16;  // rows of a unit of work: a group's filters are read once per unit
constexpr int kTaps = 4;
constexpr std::int64_t kTile = kConvBlock * kConvBlock;

const float* block_of(const ConstTensorView& t, std::int64_t n, std::int64_t block) {
  return static_cast<const float*>(t.data) + n * t.sample_stride + block * t.plane() * kConvBlock;
}

/// Runs f(n, g, h0, h1) over all (lane, output group, sample, row range), samples of a group next to each
/// other.
template <typename F>
void for_rows(std::int64_t lanes, std::int64_t samples, int groups, std::int64_t H, Stream& stream, F&& f) {
  const std::int64_t B = samples / lanes, ranges = (H + kRows - 1) / kRows;
  stream.pool().run(lanes * groups * B * ranges, [&](std::int64_t unit, int) {
    const std::int64_t range = unit % ranges, rest = unit / ranges;
    const std::int64_t n = rest / (B * groups) * B + rest % B;
    f(n, static_cast<int>(rest / B % groups), range * kRows, std::min(H, (range + 1) * kRows));
  });
}

}  // namespace

bool supports(const ConvTransposeShape& s) {
  return s.dtype == DType::kF32 && s.x_block == kConvBlock && s.y_block == kConvBlock &&
         BlockTable::fits(s.c) && BlockTable::fits(s.k);
}

std::size_t workspace(const ConvTransposeShape& s) {
  const std::int64_t cb = ConstTensorView::blocks_for(s.c, kConvBlock, s.x_split);
  const std::int64_t kb = ConstTensorView::blocks_for(s.k, kConvBlock);
  return static_cast<std::size_t>(
             s.lanes * weight_ranges(cb * kb, s.samples / s.lanes) * cb * kb * kTaps * kTile + 64) *
         sizeof(float);
}

void forward(const Conv2dKernels& kernels, TensorView y, ConstTensorView x, ConstParameterView w,
             Stream& stream) {
  const BlockTable out(y.shape.c, 0), in(x.shape.c, x.split);
  const int W = static_cast<int>(x.shape.w);
  const std::int64_t plane = y.plane(), B = x.shape.n / w.lanes;
  Scratch scratch(stream);
  PackJob pack{};
  pack.out_stride = kTaps;
  pack.in_stride = w.dims[1] * kTaps;
  pack.tap_count = 1;
  pack.out = out.view();
  pack.in = in.view();
  const std::int64_t lane_size = packed_count(in.blocks(), out.blocks(), 1);
  float* packed = scratch.take<float>(static_cast<std::size_t>(kTaps * w.lanes * lane_size));
  for (int tap = 0; tap < kTaps; ++tap) {
    pack.tap_first = tap;
    pack.w = static_cast<const float*>(w.data);
    pack_lanes(kernels, packed + tap * w.lanes * lane_size, pack, w.lanes, w.lane_stride, W, stream);
  }
  std::int16_t first[ChannelBlocks::kMax + 1];
  const int groups = output_groups(kernels, W, out.blocks(), first);
  for_rows(w.lanes, x.shape.n, groups, x.shape.h, stream,
           [&](std::int64_t n, int g, std::int64_t h0, std::int64_t h1) {
             const std::ptrdiff_t no_offset = 0;
             RowJob job{};
             job.group = first[g + 1] - first[g];
             job.in = in.view();
             job.taps = &no_offset;
             job.tap_count = 1;
             job.x_pixel = kConvBlock;
             job.x_block = x.plane() * kConvBlock;
             job.y_pixel = 2 * kConvBlock;
             job.y_block = plane * kConvBlock;
             job.pixels = W;
             float* sample =
                 static_cast<float*>(y.data) + n * y.sample_stride + first[g] * plane * kConvBlock;
             for (int tap = 0; tap < kTaps; ++tap) {
               job.w = packed + (tap * w.lanes + n / B) * lane_size + packed_count(in.blocks(), first[g], 1);
               for (std::int64_t h = h0; h < h1; ++h) {
                 job.x = block_of(x, n, 0) + h * W * kConvBlock;
                 job.y = sample + ((2 * h + tap / 2) * 2 * W + tap % 2) * kConvBlock;
                 kernels.row(job);
               }
             }
           });
}

void backward_data(const Conv2dKernels& kernels, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream) {
  const BlockTable out(dx.shape.c, dx.split), in(dy.shape.c, 0);
  const int W = static_cast<int>(dx.shape.w);
  const std::int64_t plane = dx.plane(), B = dx.shape.n / w.lanes;
  Scratch scratch(stream);
  PackJob pack{};
  pack.w = static_cast<const float*>(w.data);
  pack.out_stride = w.dims[1] * kTaps;
  pack.in_stride = kTaps;
  pack.tap_count = kTaps;
  pack.out = out.view();
  pack.in = in.view();
  const std::int64_t lane_size = packed_count(in.blocks(), out.blocks(), kTaps);
  float* packed = scratch.take<float>(static_cast<std::size_t>(w.lanes * lane_size));
  pack_lanes(kernels, packed, pack, w.lanes, w.lane_stride, W, stream);
  std::int16_t first[ChannelBlocks::kMax + 1];
  const int groups = output_groups(kernels, W, out.blocks(), first);
  const std::ptrdiff_t pitch = std::ptrdiff_t{2} * W * kConvBlock;
  const std::ptrdiff_t taps[kTaps] = {0, kConvBlock, pitch, pitch + kConvBlock};
  for_rows(w.lanes, dx.shape.n, groups, dx.shape.h, stream,
           [&](std::int64_t n, int g, std::int64_t h0, std::int64_t h1) {
             RowJob job{};
             job.group = first[g + 1] - first[g];
             job.in = in.view();
             job.taps = taps;
             job.tap_count = kTaps;
             job.x_pixel = 2 * kConvBlock;
             job.x_block = dy.plane() * kConvBlock;
             job.y_pixel = kConvBlock;
             job.y_block = plane * kConvBlock;
             job.pixels = W;
             job.w = packed + n / B * lane_size + packed_count(in.blocks(), first[g], kTaps);
             for (std::int64_t h = h0; h < h1; ++h) {
               job.x = block_of(dy, n, 0) + 2 * h * pitch;
               job.y = static_cast<float*>(dx.data) + n * dx.sample_stride +
                       (first[g] * plane + h * W) * kConvBlock;
               kernels.row(job);
             }
           });
}

void backward_weight(const Conv2dKernels& kernels, ParameterView dw, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  const BlockTable out(dy.shape.c, 0), in(x.shape.c, x.split);
  const int W = static_cast<int>(x.shape.w);
  const std::int64_t cb = in.blocks(), kb = out.blocks(), pairs = cb * kb, lanes = dw.lanes,
                     B = x.shape.n / lanes;
  const std::int64_t ranges = weight_ranges(pairs, B), size = kTaps * kTile;
  Scratch scratch(stream);
  float* partial = scratch.take<float>(static_cast<std::size_t>(lanes * ranges * pairs * size));
  stream.pool().run(lanes * ranges * pairs, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / (ranges * pairs), range = unit / pairs % ranges, pair = unit % pairs;
    float* acc = partial + unit * size;
    std::memset(acc, 0, static_cast<std::size_t>(size) * sizeof(float));
    for (std::int64_t n = lane * B + B * range / ranges; n < lane * B + B * (range + 1) / ranges; ++n) {
      for (std::int64_t h = 0; h < x.shape.h; ++h) {
        for (int tap = 0; tap < kTaps; ++tap) {
          kernels.weight_1x1(acc + tap * kTile,
                             block_of(dy, n, pair % kb) + ((2 * h + tap / 2) * 2 * W + tap % 2) * kConvBlock,
                             2 * kConvBlock, block_of(x, n, pair / kb) + h * W * kConvBlock, W);
        }
      }
    }
  });
  stream.pool().run(lanes * pairs, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / pairs, pair = unit % pairs;
    const int c_block = static_cast<int>(pair / kb), k_block = static_cast<int>(pair % kb);
    float* total = partial + (lane * ranges * pairs + pair) * size;
    add_ranges(total, ranges, pairs * size, size);
    float* to = dw.lane<float>(lane);
    for (int c = 0; c < in.count(c_block); ++c) {
      for (int k = 0; k < out.count(k_block); ++k) {
        for (int tap = 0; tap < kTaps; ++tap) {
          to[((in.start(c_block) + c) * dw.dims[1] + out.start(k_block) + k) * kTaps + tap] +=
              total[tap * kTile + c * kConvBlock + k];
        }
      }
    }
  });
}

}  // namespace selfsame::conv_transpose2d_cpu
