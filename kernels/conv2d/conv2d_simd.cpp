// SPDX-License-Identifier: Apache-2.0
// Inner loops of the CPU convolutions (kernels/conv2d/conv2d_kernels.hpp), one source for every instruction
// set.
//
// Forward and backward data are one register-tiled product: P pixels x G blocks of 16 output channels stay in
// registers over the whole sum, each weight vector serves P pixels and each broadcast pixel value G blocks.
// With AVX-512, P = 14 and G = 2 need 28 accumulators, 2 weights and 1 value: 31 of 32 registers, and 28
// multiply-adds for 16 loads. The sum of one output always runs in the order (channel block, tap, channel),
// whatever the tile.
//
// Backward weight holds 3 horizontal taps x 8 input channels: a broadcast x value meets the three dy vectors
// that a sliding window keeps in registers, so 24 multiply-adds cost 8 loads.
#include "kernels/conv2d/conv2d_kernels.hpp"
#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

#if defined(SELFSAME_ISA_avx512)
constexpr int kPixels[5] = {0, 14, 14, 0, 6};  // by group
constexpr int kWeightChannels = 8;
#elif defined(SELFSAME_ISA_avx2)
constexpr int kPixels[5] = {0, 6, 0, 0, 0};
constexpr int kWeightChannels = 4;
#else
constexpr int kPixels[5] = {0, 3, 0, 0, 0};
constexpr int kWeightChannels = 4;
#endif
constexpr int kPerBlock = kConvBlock / kWidth;

inline int smaller(int a, int b) { return a < b ? a : b; }

// ---- forward and backward data
// ------------------------------------------------------------------------------

template <int P, int G, int kStride>
void tile(const RowJob& j, const float* x, float* y) {
  constexpr int V = G * kPerBlock;
  Vec acc[P][V];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      acc[p][v] = j.bias != nullptr ? load(j.bias + v * kWidth) : Vec{};
    }
  }
  if (j.add) {
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p) {
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) {
        acc[p][v] = load(y + p * j.y_pixel + (v / kPerBlock) * j.y_block + (v % kPerBlock) * kWidth);
      }
    }
  }
  const float* w = j.w;
  for (int block = 0; block < j.in.blocks; ++block) {
    const int channels = j.in.count[block];
    for (int tap = 0; tap < j.tap_count; ++tap, w += kConvBlock * G * kConvBlock) {
      const float* xt = x + block * j.x_block + j.taps[tap];
      for (int c = 0; c < channels; ++c) {
        Vec weight[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
          weight[v] = load(w + c * G * kConvBlock + v * kWidth);
        }
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p) {
          const float value = xt[p * kStride + c];
#pragma GCC unroll 8
          for (int v = 0; v < V; ++v) {
            acc[p][v] += weight[v] * value;
          }
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      store(y + p * j.y_pixel + (v / kPerBlock) * j.y_block + (v % kPerBlock) * kWidth, acc[p][v]);
    }
  }
}

using TileFunction = void (*)(const RowJob&, const float*, float*);

template <int G, int kStride>
TileFunction tile_for(int pixels) {
  switch (pixels) {
#define SELFSAME_TILE(P)             \
  case P:                            \
    if constexpr (P <= kPixels[G]) { \
      return tile<P, G, kStride>;    \
    }                                \
    break;
    SELFSAME_TILE(1)
    SELFSAME_TILE(2)
    SELFSAME_TILE(3)
    SELFSAME_TILE(4)
    SELFSAME_TILE(5)
    SELFSAME_TILE(6)
    SELFSAME_TILE(7)
    SELFSAME_TILE(8)
    SELFSAME_TILE(9)
    SELFSAME_TILE(10)
    SELFSAME_TILE(11)
    SELFSAME_TILE(12)
    SELFSAME_TILE(13)
    SELFSAME_TILE(14)
#undef SELFSAME_TILE
    default:
      break;
  }
  return nullptr;
}

template <int G, int kStride>
void row_of_group(const RowJob& j) {
  if constexpr (kPixels[G] > 0) {
    // Near-equal tiles: 128 pixels run as 8 x 13 + 2 x 12, never as a full tile and a thin rest.
    const int tiles = (j.pixels + kPixels[G] - 1) / kPixels[G];
    int done = 0;
    for (int t = 0; t < tiles; ++t) {
      const int next = static_cast<int>(static_cast<std::int64_t>(j.pixels) * (t + 1) / tiles);
      tile_for<G, kStride>(next - done)(j, j.x + static_cast<std::ptrdiff_t>(done) * kStride,
                                        j.y + done * j.y_pixel);
      done = next;
    }
  }
}

template <int kStride>
void row_of_stride(const RowJob& j) {
  if (j.group == 4) {
    row_of_group<4, kStride>(j);
  } else if (j.group == 2) {
    row_of_group<2, kStride>(j);
  } else {
    row_of_group<1, kStride>(j);
  }
}

void row(const RowJob& j) {
  j.x_pixel == 2 * kConvBlock ? row_of_stride<2 * kConvBlock>(j) : row_of_stride<kConvBlock>(j);
}

int group_for(int pixels, int blocks_left) {
  if (kPixels[4] > 0 && pixels <= kPixels[4] && blocks_left >= 4) {
    return 4;
  }
  return kPixels[2] > 0 && blocks_left >= 2 ? 2 : 1;
}

void pack(const PackJob& j) {
  const int lanes = j.group * kConvBlock;
  float* packed = j.packed;
  for (int block = 0; block < j.in.blocks; ++block) {
    for (int c = 0; c < kConvBlock; ++c) {
      const bool used = c < j.in.count[block];
      const float* from = used ? j.w + (j.in.start[block] + c) * j.in_stride : nullptr;
      for (int g = 0; g < j.group; ++g) {
        const int outs = used ? j.out.count[j.out_block + g] : 0;
        const float* row_from = used ? from + j.out.start[j.out_block + g] * j.out_stride : nullptr;
        for (int tap = 0; tap < j.tap_count; ++tap) {
          float* to = packed + (static_cast<std::ptrdiff_t>(tap) * kConvBlock + c) * lanes + g * kConvBlock;
          const int source = j.flipped ? j.tap_count - 1 - tap : j.tap_first + tap;
          if (outs == kConvBlock) {
            for (int o = 0; o < kConvBlock; ++o) {
              to[o] = row_from[o * j.out_stride + source];
            }
          } else {
            for (int o = 0; o < kConvBlock; ++o) {
              to[o] = o < outs ? row_from[o * j.out_stride + source] : 0.0f;
            }
          }
        }
      }
    }
    packed += static_cast<std::ptrdiff_t>(j.tap_count) * kConvBlock * lanes;
  }
}

// ---- backward weight
// ----------------------------------------------------------------------------------------

/// One filter row r, kWeightChannels input channels from c0 on, one vector of output channels: the three
/// horizontal taps at once. x pixel i meets dy at i+1, i, i-1 for s = 0, 1, 2; dy is zero outside the row.
template <int kChannels>
void weight_row_3(float* acc, const float* dy, const float* x, int h0, int h1, int H, int W, int r, int c0,
                  int v) {
  Vec sum[3][kChannels];
#pragma GCC unroll 3
  for (int s = 0; s < 3; ++s) {
#pragma GCC unroll 8
    for (int c = 0; c < kChannels; ++c) {
      sum[s][c] = Vec{};
    }
  }
  for (int h = h0; h < h1; ++h) {
    const int hx = h + r - 1;
    if (hx < 0 || hx >= H) {
      continue;
    }
    const float* d = dy + static_cast<std::ptrdiff_t>(h) * W * kConvBlock + v * kWidth;
    const float* xr = x + static_cast<std::ptrdiff_t>(hx) * W * kConvBlock + c0;
    Vec before{}, here = load(d);
    for (int i = 0; i < W; ++i) {
      const Vec after = i + 1 < W ? load(d + (i + 1) * kConvBlock) : Vec{};
#pragma GCC unroll 8
      for (int c = 0; c < kChannels; ++c) {
        const float value = xr[i * kConvBlock + c];
        sum[0][c] += after * value;
        sum[1][c] += here * value;
        sum[2][c] += before * value;
      }
      before = here;
      here = after;
    }
  }
#pragma GCC unroll 3
  for (int s = 0; s < 3; ++s) {
#pragma GCC unroll 8
    for (int c = 0; c < kChannels; ++c) {
      float* to = acc + ((r * 3 + s) * kConvBlock + c0 + c) * kConvBlock + v * kWidth;
      store(to, load(to) + sum[s][c]);
    }
  }
}

void weight_3x3(float* acc, const float* dy, const float* x, int h0, int h1, int H, int W) {
  for (int r = 0; r < 3; ++r) {
    for (int c0 = 0; c0 < kConvBlock; c0 += kWeightChannels) {
      for (int v = 0; v < kPerBlock; ++v) {
        weight_row_3<kWeightChannels>(acc, dy, x, h0, h1, H, W, r, c0, v);
      }
    }
  }
}

void weight_1x1(float* acc, const float* dy, int dy_pixel, const float* x, int pixels) {
  for (int c0 = 0; c0 < kConvBlock; c0 += kWeightChannels) {
    for (int v = 0; v < kPerBlock; ++v) {
      Vec sum[kWeightChannels] = {};
      for (int p = 0; p < pixels; ++p) {
        const Vec d = load(dy + static_cast<std::ptrdiff_t>(p) * dy_pixel + v * kWidth);
#pragma GCC unroll 8
        for (int c = 0; c < kWeightChannels; ++c) {
          sum[c] += d * x[p * kConvBlock + c0 + c];
        }
      }
#pragma GCC unroll 8
      for (int c = 0; c < kWeightChannels; ++c) {
        float* to = acc + (c0 + c) * kConvBlock + v * kWidth;
        store(to, load(to) + sum[c]);
      }
    }
  }
}

template <int kFilter>
void weight_plane_of(float* acc, const float* v16, const float* plane, int H, int W) {
  constexpr int kTaps = kFilter * kFilter;
  const int pitch = W + kFilter - 1;
  for (int v = 0; v < kPerBlock; ++v) {
    for (int h = 0; h < H; ++h) {  // one row at a time: short float sums, then added to the running total
      Vec sum[kTaps] = {};
      for (int i = 0; i < W; ++i) {
        const Vec a = load(v16 + (static_cast<std::ptrdiff_t>(h) * W + i) * kConvBlock + v * kWidth);
#pragma GCC unroll 9
        for (int t = 0; t < kTaps; ++t) {
          sum[t] += a * plane[(h + t / kFilter) * pitch + i + t % kFilter];
        }
      }
#pragma GCC unroll 9
      for (int t = 0; t < kTaps; ++t) {
        float* to = acc + t * kConvBlock + v * kWidth;
        store(to, load(to) + sum[t]);
      }
    }
  }
}

void weight_plane(float* acc, const float* v, const float* plane, int H, int W, int filter) {
  filter == 3 ? weight_plane_of<3>(acc, v, plane, H, W) : weight_plane_of<1>(acc, v, plane, H, W);
}

void sum_pixels(double* sums, const float* v, int pixels) {
  for (int first = 0; first < pixels; first += 256) {
    float sum[kConvBlock] = {};
    const int last = smaller(first + 256, pixels);
    for (int p = first; p < last; ++p) {
      for (int k = 0; k < kConvBlock; ++k) {
        sum[k] += v[static_cast<std::ptrdiff_t>(p) * kConvBlock + k];
      }
    }
    for (int k = 0; k < kConvBlock; ++k) {
      sums[k] += static_cast<double>(sum[k]);
    }
  }
}

constexpr Conv2dKernels kTable = {group_for, row, pack, weight_3x3, weight_1x1, weight_plane, sum_pixels};

}  // namespace

const Conv2dKernels& conv2d_kernels() { return kTable; }

}  // namespace selfsame::SELFSAME_ISA
