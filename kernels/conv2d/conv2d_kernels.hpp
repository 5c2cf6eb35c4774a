// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/device/isa.hpp"

// The inner loops that conv2d and conv_transpose2d share on the CPU. Channels come in blocks of 16. Free of
// standard library code: compiled once per instruction set.

namespace selfsame {

constexpr int kConvBlock = 16;

/// How the channels of one side of a weight tensor lie in blocks of 16: block i holds `count[i]` logical
/// channels from `start[i]` on. A concatenation has a short block in the middle.
struct ChannelBlocks {
  static constexpr int kMax = 1024;
  int blocks;
  const std::int32_t* start;
  const std::int32_t* count;
};

/// One row of outputs: y[p, o] = bias[o] + sum_{block, tap, c} x[p*x_pixel + taps[tap] + block*x_block + c] *
/// w[...].
struct RowJob {
  float* y;  ///< pixel p, block g of the group at y + p*y_pixel + g*y_block
  std::ptrdiff_t y_pixel;
  std::ptrdiff_t y_block;
  const float* x;
  int x_pixel;  ///< 16, or 32 to read every other pixel
  std::ptrdiff_t x_block;
  const std::ptrdiff_t* taps;
  int tap_count;
  const float* w;     ///< packed (input block, tap, c, group*16)
  const float* bias;  ///< group*16 values, or null for zero
  ChannelBlocks in;
  int pixels;
  int group;  ///< output blocks computed together: 1, 2 or 4
  bool add;   ///< the sums start from what y holds instead of the bias
};

/// Weight element (out, in, tap) is at w + out*out_stride + in*in_stride + tap (or tap_count-1-tap when
/// flipped).
struct PackJob {
  float* packed;  ///< (input block, tap, c, group*16), group blocks from out_block on
  const float* w;
  std::ptrdiff_t out_stride, in_stride;
  int tap_first, tap_count;
  bool flipped;
  ChannelBlocks out, in;
  int out_block, group;
};

struct Conv2dKernels {
  /// Most output blocks that a row job may compute together, given the row's pixels and the blocks left.
  int (*group_for)(int pixels, int blocks_left);
  void (*row)(const RowJob&);
  void (*pack)(const PackJob&);
  /// acc(3,3,16 c,16 k) += sum over rows [h0, h1) of the 3x3 products; dy and x are (H, W, 16) planes.
  void (*weight_3x3)(float* acc, const float* dy, const float* x, int h0, int h1, int H, int W);
  /// acc(16 c,16 k) += sum_p dy[p*dy_pixel + k] * x[p*16 + c]
  void (*weight_1x1)(float* acc, const float* dy, int dy_pixel, const float* x, int pixels);
  /// acc(taps,16) += sum_p v[p, 16] * plane[p + tap]: one side has a single channel. `plane` is (H+2*pad,
  /// W+2*pad).
  void (*weight_plane)(float* acc, const float* v, const float* plane, int H, int W, int filter);
  /// sums(16) += sum_p v[p, 16], in double after every 256 pixels.
  void (*sum_pixels)(double* sums, const float* v, int pixels);
};
SELFSAME_DECLARE_ISA_TABLE(Conv2dKernels, conv2d_kernels)

}  // namespace selfsame
