// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv2d/tile_kernels.hpp"
#include "kernels/device/amx_tiles.hpp"

// The loops of tile_kernels.hpp as a template over the tiles (kernels/device/amx_tiles.hpp). Included by the
// two files that make a table of them; free of standard library code, because one of them is compiled for
// AVX-512.
//
// Product: 2 tiles of 16 positions times 2 tiles of 16 output channels stay in the accumulators over all
// input blocks and taps: 4 products, 16 cycles each, for 4 tile loads of 8 cycles. Every load is of whole
// cache lines, since a position is one line and a tap an offset of whole positions. Per 32 positions and 32
// outputs a 3x3 filter takes 36 products (576 cycles) per input block, and 32 rounded rows to store.
//
// Weight: the positions are the inner dimension, so the left side is transposed (rows of 32 positions) and
// the right side interleaves pairs of positions. A tap of odd offset needs pairs that begin at odd positions:
// both sets are made once and shared by all taps and all blocks of the left side.

namespace selfsame {

template <typename Tiles>
class TileLoops {
 public:
  static constexpr TileKernels table() { return {product, pack, weight, transpose, pair, sum_pixels}; }

 private:
  using Words = TileWords;
  static constexpr int kTile = 16, kRowBytes = 64, kTileElements = 16 * 32;

  /// Keeps the compiler from moving stores past tile loads, or loads before tile stores: it does not know
  /// what memory they touch.
  static void fence() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

  // ---- product
  // ---------------------------------------------------------------------------------------------

  template <int kPositionTiles>
  static void accumulate(Tiles& tiles, const TileProductJob& j, const bf16* x) {
    tiles.template zero<0>();
    tiles.template zero<1>();
    tiles.template zero<2>();
    tiles.template zero<3>();
    for (int block = 0; block < j.blocks; ++block) {
      const bf16* from = x + block * j.x_block;
      const bf16* w = j.w + block * j.w_block;
      for (int tap = 0; tap < j.tap_count; ++tap, w += j.w_tap) {
        const bf16* a = from + j.taps[tap];
        tiles.template load<6>(w, kRowBytes);
        tiles.template load<4>(a, kRowBytes);
        tiles.template load<7>(w + kTileElements, kRowBytes);
        tiles.template dot<0>();
        tiles.template dot<1>();
        if constexpr (kPositionTiles == 2) {
          tiles.template load<5>(a + kTileElements, kRowBytes);
          tiles.template dot<2>();
          tiles.template dot<3>();
        }
      }
    }
  }

  static void product(const TileProductJob& j) {
    alignas(64) float sums[2][kPositionsPerStep * kTile];  // by half of the output channels
    const int positions = (j.rows - 1) * j.pitch + j.width;
    Place place{j.y, 0};
    fence();
    Tiles tiles;
    for (int q = 0; q < positions; q += kPositionsPerStep) {
      const bf16* x = j.x + static_cast<std::ptrdiff_t>(q) * kTileBlock;
      const int count = positions - q < kPositionsPerStep ? positions - q : kPositionsPerStep;
      if (count > kTile) {
        accumulate<2>(tiles, j, x);
        tiles.template store<2>(sums[0] + kTile * kTile, kRowBytes);
        tiles.template store<3>(sums[1] + kTile * kTile, kRowBytes);
      } else {
        accumulate<1>(tiles, j, x);
      }
      tiles.template store<0>(sums[0], kRowBytes);
      tiles.template store<1>(sums[1], kRowBytes);
      fence();
      write(j, place, sums[0], sums[1], count);
      fence();
    }
  }

  /// Where the next position goes: its row, and its place in it, a pixel if below the width.
  struct Place {
    bf16* row;
    int w;
  };

  static void write(const TileProductJob& j, Place& place, const float* low, const float* high, int count) {
    for (int i = 0; i < count;) {
      const bool pixels = place.w < j.width;
      const int left = (pixels ? j.width : j.pitch) - place.w, run = left < count - i ? left : count - i;
      bf16* to = place.row + place.w * j.y_pixel;
      for (int end = i + (pixels ? run : 0); i < end; ++i, to += j.y_pixel) {
        Tiles::round(to, low + i * kTile, high + i * kTile, j.bias);
      }
      i += pixels ? 0 : run;
      place.w += run;
      if (place.w == j.pitch) {
        place = {place.row + j.y_row, 0};
      }
    }
  }

  // ---- filters
  // ---------------------------------------------------------------------------------------------

  static std::uint16_t rounded(float v) {
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, v);
    const std::uint32_t nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
    return static_cast<std::uint16_t>((v != v ? (bits | 0x400000u) : nearest) >> 16);
  }

  static void pack(const TilePackJob& j) {
    __builtin_memset(static_cast<void*>(j.to), 0, sizeof(bf16) * kTilePair * static_cast<unsigned>(j.taps));
    // One side's elements follow each other in memory: they are rounded as a run, then put in their places.
    const bool in_runs = j.in_stride == j.taps;
    const int outer = in_runs ? j.outs : j.ins, inner = in_runs ? j.ins : j.outs;
    const std::ptrdiff_t outer_stride = in_runs ? j.out_stride : j.in_stride;
    std::uint16_t run[kTileBlock * 9];
    for (int o = 0; o < outer; ++o) {
      const float* from = j.w + o * outer_stride;
      for (int i = 0; i < inner * j.taps; ++i) {
        run[i] = rounded(from[i]);
      }
      const std::uint16_t* next = run;
      for (int i = 0; i < inner; ++i) {
        const int out = in_runs ? o : i, in = in_runs ? i : o;
        bf16* to = j.to + out / 16 * kTileElements + in / 2 * 32 + out % 16 * 2 + in % 2;
        for (int tap = 0; tap < j.taps; ++tap) {
          to[(j.flipped ? j.taps - 1 - tap : tap) * kTilePair].bits = *next++;
        }
      }
    }
  }

  // ---- weight
  // ----------------------------------------------------------------------------------------------

  static void weight(const TileWeightJob& j) {
    constexpr std::ptrdiff_t kAccRow = kTileBlock * static_cast<std::ptrdiff_t>(sizeof(float));
    fence();
    Tiles tiles;
    for (int tap = 0; tap < j.taps; ++tap) {
      float* acc = j.acc + tap * kTilePair;
      tiles.template load<0>(acc, kAccRow);
      tiles.template load<1>(acc + kTile, kAccRow);
      tiles.template load<2>(acc + kTile * kTileBlock, kAccRow);
      tiles.template load<3>(acc + kTile * kTileBlock + kTile, kAccRow);
      for (int segment = 0; segment < j.segments; ++segment) {
        const bf16* a = j.left + segment * j.left_segment;
        const bf16* b = j.right[tap] + segment * j.right_segment;
        for (int chunk = 0; chunk < j.chunks; ++chunk, a += 2 * kTileElements, b += kTileElements) {
          tiles.template load<6>(b, kRowBytes);
          tiles.template load<4>(a, kRowBytes);
          tiles.template load<7>(b + j.right_half, kRowBytes);
          tiles.template dot<0>();
          tiles.template dot<1>();
          tiles.template load<5>(a + kTileElements, kRowBytes);
          tiles.template dot<2>();
          tiles.template dot<3>();
        }
      }
      tiles.template store<0>(acc, kAccRow);
      tiles.template store<1>(acc + kTile, kAccRow);
      tiles.template store<2>(acc + kTile * kTileBlock, kAccRow);
      tiles.template store<3>(acc + kTile * kTileBlock + kTile, kAccRow);
    }
    fence();
  }

  /// rows[i][j] <-> rows[j][i] of 16 x 16 words: within quarters of registers by twos and fours, then the
  /// quarters.
  static void transpose_words(Words* rows) {
    Words by_two[16], by_four[16];
    for (int i = 0; i < 16; i += 2) {
      by_two[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12,
                                          28, 13, 29);
      by_two[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11,
                                              27, 14, 30, 15, 31);
    }
    for (int i = 0; i < 16; i += 4) {
      for (int j = 0; j < 2; ++j) {
        by_four[i + 2 * j] = __builtin_shufflevector(by_two[i + j], by_two[i + 2 + j], 0, 1, 16, 17, 4, 5, 20,
                                                     21, 8, 9, 24, 25, 12, 13, 28, 29);
        by_four[i + 2 * j + 1] = __builtin_shufflevector(by_two[i + j], by_two[i + 2 + j], 2, 3, 18, 19, 6, 7,
                                                         22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
      }
    }
    for (int j = 0; j < 4; ++j) {
      const Words even_top = even_quarters(by_four[j], by_four[4 + j]);
      const Words odd_top = odd_quarters(by_four[j], by_four[4 + j]);
      const Words even_bottom = even_quarters(by_four[8 + j], by_four[12 + j]);
      const Words odd_bottom = odd_quarters(by_four[8 + j], by_four[12 + j]);
      rows[j] = even_quarters(even_top, even_bottom);
      rows[4 + j] = even_quarters(odd_top, odd_bottom);
      rows[8 + j] = odd_quarters(even_top, even_bottom);
      rows[12 + j] = odd_quarters(odd_top, odd_bottom);
    }
  }
  static Words even_quarters(const Words& a, const Words& b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  }
  static Words odd_quarters(const Words& a, const Words& b) {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }

  static void put(bf16* to, const Words& words) {
    __builtin_memcpy(static_cast<void*>(to), &words, sizeof words);
  }

  static void transpose(bf16* to, const bf16* from, int chunks) {
    for (int chunk = 0; chunk < chunks; ++chunk, from += 32 * kTileBlock) {
      for (int half = 0; half < 2; ++half, to += kTileElements) {
        Words rows[16];
        for (int pair = 0; pair < 16; ++pair) {
          const bf16* position = from + 2 * pair * kTileBlock + half * 16;
          rows[pair] = Tiles::widen(position) | Tiles::widen(position + kTileBlock) << 16;
        }
        transpose_words(rows);
        for (int c = 0; c < 16; ++c) {
          put(to + c * 32, rows[c]);
        }
      }
    }
  }

  static void pair(bf16* even, bf16* odd, const bf16* from, int pairs) {
    for (int half = 0; half < 2; ++half, even += pairs * 32) {
      const bf16* position = from + half * 16;
      Words first = Tiles::widen(position);
      for (int j = 0; j < pairs; ++j, position += 2 * kTileBlock) {
        const Words second = Tiles::widen(position + kTileBlock);
        put(even + j * 32, first | second << 16);
        if (odd != nullptr) {
          const Words third = Tiles::widen(position + 2 * kTileBlock);
          put(odd + j * 32, second | third << 16);
          first = third;
        } else if (j + 1 < pairs) {
          first = Tiles::widen(position + 2 * kTileBlock);
        }
      }
      odd = odd != nullptr ? odd + pairs * 32 : nullptr;
    }
  }

  static void sum_pixels(double* sums, const bf16* v, std::int64_t pixels) {
    for (std::int64_t first = 0; first < pixels; first += 256) {
      float sum[kTileBlock] = {};
      const std::int64_t last = first + 256 < pixels ? first + 256 : pixels;
      for (std::int64_t p = first; p < last; ++p) {
        for (int k = 0; k < kTileBlock; ++k) {
          const auto bits = static_cast<std::uint32_t>(v[p * kTileBlock + k].bits) << 16;
          sum[k] += __builtin_bit_cast(float, bits);
        }
      }
      for (int k = 0; k < kTileBlock; ++k) {
        sums[k] += static_cast<double>(sum[k]);
      }
    }
  }
};

}  // namespace selfsame
