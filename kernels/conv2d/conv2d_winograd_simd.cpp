// SPDX-License-Identifier: Apache-2.0
// Transforms of Winograd's minimal filtering F(4x4, 3x3) with the points 0, +-1, +-2 and infinity
// (kernels/conv2d/conv2d_winograd_kernels.hpp), one source for every instruction set.
// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016, section 4.3.
//
//   B^T = 4  0 -5  0  1  0    G = 1/24 *  6  0  0    A^T = 1  1  1  1  1  0
//         0 -4 -4  1  1  0               -4 -4 -4          0  1 -1  2 -2  0
//         0  4 -4 -1  1  0               -4  4 -4          0  1  1  4  4  0
//         0 -2 -1  2  1  0                1  2  4          0  1 -1  8 -8  1
//         0  2 -1 -2  1  0                1 -2  4
//         0  4  0 -5  0  1                0  0 24
//
// Each is applied to the columns, then to the rows of a tile, 16 channels at a time.
#include "kernels/conv2d/conv2d_winograd_vector.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kWeightChannels = kWidth == 16 ? 8 : 4;  // in registers, times 2 vectors of output channels

constexpr float kZeros[kPoints * kConvBlock] = {};

// ---- the four matrices times a vector of vectors
// ------------------------------------------------------------

struct Six {
  Vec v[6];
};
struct Four {
  Vec v[4];
};

/// B^T d
inline Six input_points(Vec d0, Vec d1, Vec d2, Vec d3, Vec d4, Vec d5) {
  const Vec even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1;
  const Vec even2 = d4 - d2, odd2 = d3 - d1;
  return {{(d4 - 5.0f * d2) + 4.0f * d0, even + odd, even - odd, even2 + 2.0f * odd2, even2 - 2.0f * odd2,
           (d5 - 5.0f * d3) + 4.0f * d1}};
}

/// A^T m
inline Four output_values(Vec m0, Vec m1, Vec m2, Vec m3, Vec m4, Vec m5) {
  const Vec sum1 = m1 + m2, difference1 = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
  return {{(m0 + sum1) + sum2, difference1 + 2.0f * difference2, sum1 + 4.0f * sum2,
           (m5 + difference1) + 8.0f * difference2}};
}

/// A d
inline Six gradient_points(Vec d0, Vec d1, Vec d2, Vec d3) {
  const Vec even1 = d0 + d2, odd1 = d1 + d3, even2 = d0 + 4.0f * d2, odd2 = d1 + 4.0f * d3;
  return {{d0, even1 + odd1, even1 - odd1, even2 + 2.0f * odd2, even2 - 2.0f * odd2, d3}};
}

// ---- forward and backward data
// ------------------------------------------------------------------------------

/// One tile from six rows of pixels, `part` floats into their blocks.
inline void input_tile(float* v, std::ptrdiff_t position, const float* const* from, int part) {
  Six columns[kPoints];
#pragma GCC unroll 6
  for (int j = 0; j < kPoints; ++j) {
    const int at = j * kConvBlock + part;
    columns[j] = input_points(load(from[0] + at), load(from[1] + at), load(from[2] + at), load(from[3] + at),
                              load(from[4] + at), load(from[5] + at));
  }
#pragma GCC unroll 6
  for (int i = 0; i < kPoints; ++i) {
    const Six row = input_points(columns[0].v[i], columns[1].v[i], columns[2].v[i], columns[3].v[i],
                                 columns[4].v[i], columns[5].v[i]);
#pragma GCC unroll 6
    for (int j = 0; j < kPoints; ++j) {
      store(v + (i * kPoints + j) * position + part, row.v[j]);
    }
  }
}

/// Pixels [w0, w0 + count) of one row, with zeros outside of [0, W).
inline void copy_pixels(float* to, const float* row, int w0, int count, int W) {
  for (int j = 0; j < count; ++j) {
    const int w = w0 + j;
    const float* pixel = w >= 0 && w < W ? row + w * kConvBlock : kZeros;
    for (int c = 0; c < kConvBlock; c += kWidth) {
      store(to + j * kConvBlock + c, load(pixel + c));
    }
  }
}

/// Points `from` at `rows` rows of the plane from (h0, w0) on: in place, or copied to `border` where the tile
/// crosses the left or right edge.
inline void tile_rows(const float** from, float* border, const float* plane, int h0, int w0, int rows,
                      int columns, int H, int W) {
  for (int r = 0; r < rows; ++r) {
    const int h = h0 + r;
    if (h < 0 || h >= H) {
      from[r] = kZeros;
      continue;
    }
    const float* row = plane + static_cast<std::ptrdiff_t>(h) * W * kConvBlock;
    if (w0 >= 0 && w0 + columns <= W) {
      from[r] = row + static_cast<std::ptrdiff_t>(w0) * kConvBlock;
    } else {
      from[r] = border + r * kPoints * kConvBlock;
      copy_pixels(border + r * kPoints * kConvBlock, row, w0, columns, W);
    }
  }
}

void input(float* v, const float* x, const WinogradRow& row) {
  const int tiles = (row.W + kWinogradTile - 1) / kWinogradTile;
  float border[kPoints * kPoints * kConvBlock];
  const float* from[kPoints];
  for (int t = 0; t < tiles; ++t) {
    tile_rows(from, border, x, row.tile_row * kWinogradTile - 1, t * kWinogradTile - 1, kPoints, kPoints,
              row.H, row.W);
    for (int part = 0; part < kConvBlock; part += kWidth) {
      input_tile(v + t * kConvBlock, row.pitch * kConvBlock, from, part);
    }
  }
}

/// One tile to four rows of pixels.
inline void output_tile(float* const* to, const float* m, std::ptrdiff_t position, Vec bias, int part) {
  Four columns[kPoints];
#pragma GCC unroll 6
  for (int j = 0; j < kPoints; ++j) {
    const float* at = m + j * position + part;
    const std::ptrdiff_t step = kPoints * position;
    columns[j] = output_values(load(at), load(at + step), load(at + 2 * step), load(at + 3 * step),
                               load(at + 4 * step), load(at + 5 * step));
  }
#pragma GCC unroll 4
  for (int i = 0; i < kWinogradTile; ++i) {
    const Four row = output_values(columns[0].v[i], columns[1].v[i], columns[2].v[i], columns[3].v[i],
                                   columns[4].v[i], columns[5].v[i]);
#pragma GCC unroll 4
    for (int j = 0; j < kWinogradTile; ++j) {
      store(to[i] + j * kConvBlock + part, row.v[j] + bias);
    }
  }
}

void output(float* y, const float* m, const float* bias, const WinogradRow& row) {
  const int tiles = (row.W + kWinogradTile - 1) / kWinogradTile, h0 = row.tile_row * kWinogradTile;
  float border[kWinogradTile * kWinogradTile * kConvBlock];
  for (int t = 0; t < tiles; ++t) {
    const int w0 = t * kWinogradTile;
    float* to[kWinogradTile];
    for (int r = 0; r < kWinogradTile; ++r) {
      const bool inside = h0 + r < row.H && w0 + kWinogradTile <= row.W;
      to[r] = inside ? y + (static_cast<std::ptrdiff_t>(h0 + r) * row.W + w0) * kConvBlock
                     : border + r * kWinogradTile * kConvBlock;
    }
    for (int part = 0; part < kConvBlock; part += kWidth) {
      output_tile(to, m + t * kConvBlock, row.pitch * kConvBlock, bias != nullptr ? load(bias + part) : Vec{},
                  part);
    }
    for (int r = 0; r < kWinogradTile && h0 + r < row.H && w0 + kWinogradTile > row.W; ++r) {
      float* pixels = y + (static_cast<std::ptrdiff_t>(h0 + r) * row.W + w0) * kConvBlock;
      for (int i = 0; i < (row.W - w0) * kConvBlock; ++i) {
        pixels[i] = to[r][i];
      }
    }
  }
}

// ---- backward weight
// ----------------------------------------------------------------------------------------

inline void gradient_tile(float* v, std::ptrdiff_t position, const float* const* from, int part) {
  Six columns[kWinogradTile];
#pragma GCC unroll 4
  for (int j = 0; j < kWinogradTile; ++j) {
    const int at = j * kConvBlock + part;
    columns[j] =
        gradient_points(load(from[0] + at), load(from[1] + at), load(from[2] + at), load(from[3] + at));
  }
#pragma GCC unroll 6
  for (int i = 0; i < kPoints; ++i) {
    const Six row = gradient_points(columns[0].v[i], columns[1].v[i], columns[2].v[i], columns[3].v[i]);
#pragma GCC unroll 6
    for (int j = 0; j < kPoints; ++j) {
      store(v + (i * kPoints + j) * position + part, row.v[j]);
    }
  }
}

void gradient(float* v, const float* dy, const WinogradRow& row) {
  const int tiles = (row.W + kWinogradTile - 1) / kWinogradTile;
  float border[kWinogradTile * kPoints * kConvBlock];
  const float* from[kWinogradTile];
  for (int t = 0; t < tiles; ++t) {
    tile_rows(from, border, dy, row.tile_row * kWinogradTile, t * kWinogradTile, kWinogradTile, kWinogradTile,
              row.H, row.W);
    for (int part = 0; part < kConvBlock; part += kWidth) {
      gradient_tile(v + t * kConvBlock, row.pitch * kConvBlock, from, part);
    }
  }
}

/// kWeightChannels input channels and kVectors vectors of output channels, `d_step` floats apart.
template <int kVectors>
inline void weight_tile(float* sums, int width, const float* d, std::ptrdiff_t d_step, const float* v,
                        int tiles, bool add) {
  Vec acc[kWeightChannels][kVectors];
#pragma GCC unroll 8
  for (int c = 0; c < kWeightChannels; ++c) {
#pragma GCC unroll 2
    for (int i = 0; i < kVectors; ++i) {
      acc[c][i] = add ? load(sums + c * width + i * kWidth) : Vec{};
    }
  }
  for (int t = 0; t < tiles; ++t) {
    Vec gradients[kVectors];
#pragma GCC unroll 2
    for (int i = 0; i < kVectors; ++i) {
      gradients[i] = load(d + t * kConvBlock + i * d_step);
    }
#pragma GCC unroll 8
    for (int c = 0; c < kWeightChannels; ++c) {
      const float value = v[t * kConvBlock + c];
#pragma GCC unroll 2
      for (int i = 0; i < kVectors; ++i) {
        acc[c][i] += gradients[i] * value;
      }
    }
  }
#pragma GCC unroll 8
  for (int c = 0; c < kWeightChannels; ++c) {
#pragma GCC unroll 2
    for (int i = 0; i < kVectors; ++i) {
      store(sums + c * width + i * kWidth, acc[c][i]);
    }
  }
}

void weight_product(float* sums, const float* d, std::ptrdiff_t d_block, const float* v, int tiles, int group,
                    bool add) {
  const int width = group * kConvBlock;
  for (int c = 0; c < kConvBlock; c += kWeightChannels) {
    if constexpr (kWidth == kConvBlock) {
      group == 2 ? weight_tile<2>(sums + c * width, width, d, d_block, v + c, tiles, add)
                 : weight_tile<1>(sums + c * width, width, d, d_block, v + c, tiles, add);
    } else {
      for (int k = 0; k < width; k += 2 * kWidth) {
        weight_tile<2>(sums + c * width + k, width, d + k / kConvBlock * d_block + k % kConvBlock, kWidth,
                       v + c, tiles, add);
      }
    }
  }
}

constexpr WinogradKernels kTable = {
    input, output, winograd_filter, gradient, weight_product, winograd_weight_output, winograd_weight_add};

}  // namespace

const WinogradKernels& winograd_kernels() { return kTable; }

}  // namespace selfsame::SELFSAME_ISA
