// SPDX-License-Identifier: Apache-2.0
// Backward weight of conv2d on the CPU: sums over fixed ranges of samples, then over the ranges in order, so
// that a gradient depends on its lane's own shape only.
#include <algorithm>
#include <cstring>

#include "kernels/conv2d/conv2d_cpu.hpp"
#include "kernels/conv2d/conv2d_versions.hpp"

namespace selfsame {

std::int64_t weight_ranges(std::int64_t pairs, std::int64_t batch) {
  constexpr std::int64_t kWantedUnits = 32;
  return std::clamp<std::int64_t>((kWantedUnits + pairs - 1) / pairs, 1, batch);
}

void add_ranges(float* total, std::int64_t ranges, std::int64_t stride, std::int64_t size) {
  for (std::int64_t range = 1; range < ranges; ++range) {
    const float* part = total + range * stride;
    for (std::int64_t i = 0; i < size; ++i) {
      total[i] += part[i];
    }
  }
}

namespace conv2d_cpu {
namespace {

constexpr int kStripPixels = 256;  // a strip of dy and x in L1

}  // namespace

std::int64_t weight_floats(const ConvShape& s, std::int64_t cb, std::int64_t kb, int threads) {
  const std::int64_t taps = s.filter * s.filter, pad = s.filter / 2;
  const std::int64_t ranges = weight_ranges(cb * kb, s.samples / s.lanes);
  return s.lanes * ranges * packed_count(static_cast<int>(cb), static_cast<int>(kb), static_cast<int>(taps)) +
         threads * (s.h + 2 * pad) * (s.w + 2 * pad) + 64;
}

namespace {

/// Copies plane c of sample n, with a zero border, to padded (H + 2*pad, W + 2*pad).
void copy_plane(float* padded, const ConstTensorView& t, std::int64_t n, std::int64_t c, int pad) {
  const std::int64_t H = t.shape.h, W = t.shape.w, pitch = W + 2 * pad;
  std::memset(padded, 0, static_cast<std::size_t>((H + 2 * pad) * pitch) * sizeof(float));
  const float* plane = static_cast<const float*>(t.data) + n * t.sample_stride + c * H * W;
  for (std::int64_t h = 0; h < H; ++h) {
    std::memcpy(padded + (h + pad) * pitch + pad, plane + h * W, static_cast<std::size_t>(W) * sizeof(float));
  }
}

const float* plane_of(const ConstTensorView& t, std::int64_t n, std::int64_t block) {
  return static_cast<const float*>(t.data) + n * t.sample_stride + block * t.plane() * kConvBlock;
}

/// The products of one (k block, c block) pair over the samples [n0, n1), added to acc (tap, 16 c, 16 k).
/// When one side has planes of few channels, acc holds (tap, channel, 16) with the blocked side innermost.
struct WeightSums {
  const Conv2dKernels& kernels;
  ConstTensorView dy, x;
  int filter;

  void add(float* acc, std::int64_t kb, std::int64_t cb, std::int64_t n0, std::int64_t n1,
           float* padded) const {
    const int H = static_cast<int>(x.shape.h), W = static_cast<int>(x.shape.w);
    for (std::int64_t n = n0; n < n1; ++n) {
      if (x.block == 1 || dy.block == 1) {
        const ConstTensorView& planes = x.block == 1 ? x : dy;
        const float* blocked = x.block == 1 ? plane_of(dy, n, kb) : plane_of(x, n, cb);
        for (std::int64_t c = 0; c < planes.shape.c; ++c) {
          copy_plane(padded, planes, n, c, filter / 2);
          kernels.weight_plane(acc + c * filter * filter * kConvBlock, blocked, padded, H, W, filter);
        }
      } else if (filter == 1) {
        for (int p = 0; p < H * W; p += kStripPixels) {
          kernels.weight_1x1(acc, plane_of(dy, n, kb) + std::ptrdiff_t{p} * kConvBlock, kConvBlock,
                             plane_of(x, n, cb) + std::ptrdiff_t{p} * kConvBlock,
                             std::min(kStripPixels, H * W - p));
        }
      } else {
        const int rows = std::max(1, kStripPixels / W);
        for (int h = 0; h < H; h += rows) {
          kernels.weight_3x3(acc, plane_of(dy, n, kb), plane_of(x, n, cb), h, std::min(H, h + rows), H, W);
        }
      }
    }
  }

  /// Position in acc of (k, c, tap), all within their blocks.
  [[nodiscard]] std::int64_t index(int k, int c, int tap) const {
    const int taps = filter * filter;
    if (x.block == 1) {
      return (std::int64_t{c} * taps + tap) * kConvBlock + k;
    }
    if (dy.block == 1) {  // x[p] meets dy[p - tap]: the filter runs backwards
      return (std::int64_t{k} * taps + taps - 1 - tap) * kConvBlock + c;
    }
    return (std::int64_t{tap} * kConvBlock + c) * kConvBlock + k;
  }
};

}  // namespace

void backward_bias(const Conv2dKernels& kernels, ParameterView db, ConstTensorView dy, Stream& stream) {
  const std::int64_t B = dy.shape.n / db.lanes, K = dy.shape.c, blocks = dy.block == 1 ? K : dy.blocks();
  const std::int64_t width = dy.block;
  stream.pool().run(db.lanes * blocks, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / blocks, block = unit % blocks;
    double sums[kConvBlock] = {};
    for (std::int64_t n = lane * B; n < (lane + 1) * B; ++n) {
      const float* from =
          static_cast<const float*>(dy.data) + n * dy.sample_stride + block * dy.plane() * width;
      if (width == kConvBlock) {
        kernels.sum_pixels(sums, from, static_cast<int>(dy.plane()));
      } else {
        for (std::int64_t p = 0; p < dy.plane(); ++p) {
          sums[0] += static_cast<double>(from[p]);
        }
      }
    }
    for (std::int64_t k = block * width; k < std::min(K, (block + 1) * width); ++k) {
      db.lane<float>(lane)[k] += static_cast<float>(sums[k - block * width]);
    }
  });
}

void backward_weight(const Conv2dKernels& kernels, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream) {
  const BlockTable out(dy.shape.c, 0), in(x.shape.c, x.split);
  const WeightSums sums{kernels, dy, x, static_cast<int>(dw.dims[2])};
  const int taps = sums.filter * sums.filter;
  const std::int64_t kb = out.blocks(), cb = in.blocks(), pairs = kb * cb, lanes = dw.lanes,
                     B = x.shape.n / lanes;
  const std::int64_t ranges = weight_ranges(pairs, B), size = std::int64_t{taps} * kConvBlock * kConvBlock;
  const std::int64_t padded_size = (x.shape.h + 2) * (x.shape.w + 2);
  const bool planes = x.block == 1 || dy.block == 1;
  Scratch scratch(stream);
  float* partial = scratch.take<float>(static_cast<std::size_t>(lanes * ranges * pairs * size));
  float* padded =
      planes ? scratch.take<float>(static_cast<std::size_t>(stream.pool().threads() * padded_size)) : nullptr;

  stream.pool().run(lanes * ranges * pairs, [&](std::int64_t unit, int thread) {
    const std::int64_t lane = unit / (ranges * pairs), range = unit / pairs % ranges, pair = unit % pairs;
    float* acc = partial + unit * size;
    std::memset(acc, 0, static_cast<std::size_t>(size) * sizeof(float));
    sums.add(acc, pair / cb, pair % cb, lane * B + B * range / ranges, lane * B + B * (range + 1) / ranges,
             planes ? padded + thread * padded_size : nullptr);
  });
  stream.pool().run(lanes * pairs, [&](std::int64_t unit, int) {
    const std::int64_t lane = unit / pairs, pair = unit % pairs;
    const int k_block = static_cast<int>(pair / cb), c_block = static_cast<int>(pair % cb);
    float* total = partial + (lane * ranges * pairs + pair) * size;
    add_ranges(total, ranges, pairs * size, size);
    float* to = dw.lane<float>(lane);
    for (int k = 0; k < out.count(k_block); ++k) {
      for (int c = 0; c < in.count(c_block); ++c) {
        float* element = to + ((out.start(k_block) + k) * dw.dims[1] + in.start(c_block) + c) * taps;
        for (int tap = 0; tap < taps; ++tap) {
          element[tap] += total[sums.index(k, c, tap)];
        }
      }
    }
  });
  if (!db.empty()) {
    backward_bias(kernels, db, dy, stream);
  }
}

}  // namespace conv2d_cpu
}  // namespace selfsame
