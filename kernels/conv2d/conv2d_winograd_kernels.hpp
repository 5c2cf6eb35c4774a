// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/device/isa.hpp"

// The transforms of Winograd's F(4x4, 3x3) and F(3x3, 4x4), one per instruction set. Free of standard library
// code.
//
// A tile is 4x4 outputs and the 6x6 inputs that they read: tile (i, j) of a plane covers rows 4i .. 4i+3 of y
// and 4i-1 .. 4i+4 of x. A transformed tile is 36 vectors of 16 channels, in buffers (36, pitch, 16) of one
// channel block, where `pitch` >= tiles is odd: 36 vectors at an even distance would meet in few sets of the
// cache.

namespace selfsame {

constexpr int kWinogradTile = 4;
constexpr int kWinogradPositions = 36;

/// One row of tiles of one channel block.
struct WinogradRow {
  int H, W;
  int tile_row;
  std::ptrdiff_t pitch;  ///< tiles between two positions of the transformed buffer
};

/// 16 input channels for `group` blocks of outputs; weight element (out, in, tap) is at w + out*out_stride +
/// in*in_stride + tap (or 8 - tap when flipped).
struct WinogradFilterJob {
  float* u;  ///< (36, u_position): (16 in, group*16 out) at every position
  std::ptrdiff_t u_position;
  const float* w;
  std::ptrdiff_t out_stride, in_stride;
  bool flipped;
  int in_start, in_count;
  ChannelBlocks out;
  int out_block, group;
};

struct WinogradKernels {
  /// v = B^T x B for every tile of the row; x is zero outside its plane (H, W, 16).
  void (*input)(float* v, const float* x, const WinogradRow& row);
  /// y = A^T m A + bias, clipped to the plane (H, W, 16); bias of 16 values or null.
  void (*output)(float* y, const float* m, const float* bias, const WinogradRow& row);
  /// u = G w G^T
  void (*filter)(const WinogradFilterJob& job);
  /// v = A dy A^T for every tile of the row; dy is zero outside its plane.
  void (*gradient)(float* v, const float* dy, const WinogradRow& row);
  /// sums(16 c, group*16 k) = (or += if `add`) sum_t v[t, c] * d[t, k]; block g of d at d + g*d_block; group
  /// is 1 or 2.
  void (*weight_product)(float* sums, const float* d, std::ptrdiff_t d_block, const float* v, int tiles,
                         int group, bool add);
  /// dw(16 c, 9, 16 k) = G^T sums G for block g of sums (36, 16 c, group*16 k)
  void (*weight_output)(float* dw, const float* sums, int g, int group);
  /// dw[k*out_stride + c*9 + tap] += sums(16 c, 9, 16 k) for the first `outs` k and `ins` c
  void (*weight_add)(float* dw, std::ptrdiff_t out_stride, const float* sums, int outs, int ins);
};
SELFSAME_DECLARE_ISA_TABLE(WinogradKernels, winograd_kernels)

}  // namespace selfsame
