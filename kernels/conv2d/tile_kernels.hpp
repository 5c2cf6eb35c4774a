// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/device/bf16.hpp"

// The inner loops that conv2d and conv_transpose2d share on processors with matrix tiles (AMX). Channels come
// in bf16 blocks of 32: one pixel of a block is one 64-byte row of a tile.
//
// Positions: the pixels of a strip of rows are numbered row by row with `pitch` positions to the row, so that
// a filter tap is a constant offset. A tile is 16 consecutive positions, whatever the width; positions that
// are no pixels (the border between two rows) are computed and left out.

namespace selfsame {

constexpr int kTileBlock = 32;                      ///< channels of a block
constexpr int kTilePair = kTileBlock * kTileBlock;  ///< filter elements of a pair of blocks
constexpr int kPositionsPerStep = 32;               ///< two tiles
constexpr int kTileSlack = kPositionsPerStep;       ///< positions behind a strip that a tile may read

/// Outputs (h, w) of one output block:
///   y[h*y_row + w*y_pixel + k] = bias[k] + sum_{block, tap, c} x[block*x_block + taps[tap] +
///                                (h*pitch + w)*32 + c] * w[block*w_block + tap*w_tap][...]
struct TileProductJob {
  bf16* y;
  std::ptrdiff_t y_row, y_pixel;  ///< elements
  int rows, width, pitch;
  const bf16* x;  ///< readable kTileSlack positions beyond the last
  std::ptrdiff_t x_block;
  const std::ptrdiff_t* taps;  ///< elements
  int blocks, tap_count;
  const bf16* w;  ///< packed filters, see TilePackJob
  std::ptrdiff_t w_block, w_tap;
  const float* bias;  ///< 32 values
};

/// One pair of blocks of a filter. Element (out, in, tap) is read from w + out*out_stride + in*in_stride +
/// tap (or taps-1-tap when flipped) and rounded to bf16 at
///   to[tap*kTilePair + (out/16)*512 + (in/2)*32 + (out%16)*2 + in%2]:
/// per tap two right-hand tiles of 16 output channels, rows of pairs of input channels. The rest is zero.
struct TilePackJob {
  bf16* to;
  const float* w;
  std::ptrdiff_t out_stride, in_stride;  ///< one of them equals `taps`
  int outs, ins, taps;
  bool flipped;
};

/// acc[tap][m][n] += sum over segments and positions p of a segment of left[p, m] * right[p + offset(tap),
/// n], m and n in blocks of 32.
struct TileWeightJob {
  float* acc;        ///< (taps, 32, 32)
  const bf16* left;  ///< (segment, chunk, 2, 16 channels, 32 positions), made by `transpose`
  std::ptrdiff_t left_segment;
  const bf16* right[9];  ///< by tap: pairs of the first chunk of the first segment, made by `pair`
  std::ptrdiff_t right_half, right_segment;
  int taps, chunks, segments;
};

struct TileKernels {
  void (*product)(const TileProductJob&);
  void (*pack)(const TilePackJob&);
  void (*weight)(const TileWeightJob&);
  /// (chunk, 2, 16 channels, 32 positions) of chunks * 32 positions of 32 channels.
  void (*transpose)(bf16* to, const bf16* from, int chunks);
  /// even[half][j] = positions (2j, 2j+1) and odd[half][j] = (2j+1, 2j+2), 16 channels in interleaved pairs:
  /// (2, pairs, 16, 2). Reads 2*pairs + 1 positions; odd may be null.
  void (*pair)(bf16* even, bf16* odd, const bf16* from, int pairs);
  /// sums[32] += sum_p v[p, 32], in double after every 256 pixels.
  void (*sum_pixels)(double* sums, const bf16* v, std::int64_t pixels);
};

/// The processor's tiles: only where amx_available().
[[nodiscard]] const TileKernels& amx_tile_kernels();
/// Tiles in plain C++ with the same results: for tests, and to find out which side an error is on.
[[nodiscard]] const TileKernels& emulated_tile_kernels();

}  // namespace selfsame
