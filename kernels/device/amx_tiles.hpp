// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/device/bf16.hpp"

#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
#include <immintrin.h>
#define SELFSAME_AMX_HARDWARE 1
#endif

// gcc notes that vectors wider than the target's registers have an ABI of their own: they never leave a file.
#pragma GCC diagnostic ignored "-Wpsabi"

// The tile registers of AMX as the kernels use them: four accumulators, a 2x2 square of products of two left
// and two right tiles,
//
//   accumulator i (0..3), tile i:   C += A * B,   A = tile 4 + i / 2,   B = tile 6 + i % 2
//
// with A 16 rows of 32 bf16, B 16 rows of 16 pairs of bf16, C 16 x 16 floats:
//
//   C[m][n] += sum_k A[m][2k] * B[k][2n] + A[m][2k+1] * B[k][2n+1]
//
// HardwareTiles is the processor's; it exists in files named *_amx.cpp only. It has not yet been run or timed
// on a real processor with AMX (docs/testing.md). EmulatedTiles does the
// same on any processor, to the bit as the instruction's definition says (Intel, Architecture Instruction Set
// Extensions Programming Reference, TDPBF16PS): sums of the even and of the odd elements start from zero, run
// over k by fused multiply-adds, are added to each other and then to C; numbers below the smallest normal one
// count as zero, before and after every operation. A kernel is a template over the two, so that all its
// indices are tested everywhere.

namespace selfsame {

/// What LDTILECFG reads: palette 1, eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t colsb[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

using TileWords = std::uint32_t __attribute__((vector_size(64)));  ///< 16 pairs of bf16

class EmulatedTiles {
 public:
  explicit EmulatedTiles(const TileConfig& config = {}) : config_(config) {}

  template <int kTile>
  void zero() {
    for (auto& byte : tiles_[kTile].bytes) {
      byte = 0;
    }
  }
  /// Rows of colsb bytes, `stride` bytes apart; what a tile has beyond its rows and columns becomes zero.
  template <int kTile>
  void load(const void* from, std::ptrdiff_t stride) {
    zero<kTile>();
    for (int row = 0; row < config_.rows[kTile]; ++row) {
      __builtin_memcpy(tiles_[kTile].bytes + row * 64, static_cast<const char*>(from) + row * stride,
                       config_.colsb[kTile]);
    }
  }
  template <int kTile>
  void store(void* to, std::ptrdiff_t stride) const {
    for (int row = 0; row < config_.rows[kTile]; ++row) {
      __builtin_memcpy(static_cast<char*>(to) + row * stride, tiles_[kTile].bytes + row * 64,
                       config_.colsb[kTile]);
    }
  }
  template <int kAccumulator>
  void dot() {
    multiply(kAccumulator, 4 + kAccumulator / 2, 6 + kAccumulator % 2);
  }

  /// to[0..15] = low + bias[0..15], to[16..31] = high + bias[16..31], rounded as VCVTNE2PS2BF16 does: to
  /// nearest even, numbers below the smallest normal one to zero.
  static void round(bf16* to, const float* low, const float* high, const float* bias);
  /// 16 elements, each in a word of its own.
  static TileWords widen(const bf16* from) {
    TileWords words;
    for (int i = 0; i < 16; ++i) {
      words[i] = from[i].bits;
    }
    return words;
  }

 private:
  struct alignas(64) Tile {
    unsigned char bytes[16 * 64] = {};
  };
  void multiply(int c, int a, int b);

  TileConfig config_;
  Tile tiles_[8];
};

#if defined(SELFSAME_AMX_HARDWARE)
#define SELFSAME_EACH_TILE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

class HardwareTiles {
 public:
  HardwareTiles() {
    static constexpr TileConfig kConfig;
    _tile_loadconfig(&kConfig);
  }
  ~HardwareTiles() { _tile_release(); }
  HardwareTiles(const HardwareTiles&) = delete;
  HardwareTiles& operator=(const HardwareTiles&) = delete;

  // The intrinsics want the tile as a literal.
  template <int kTile>
  void zero() {
#define SELFSAME_TILE(n)      \
  if constexpr (kTile == n) { \
    _tile_zero(n);            \
  }
    SELFSAME_EACH_TILE(SELFSAME_TILE)
#undef SELFSAME_TILE
  }
  template <int kTile>
  void load(const void* from, std::ptrdiff_t stride) {
#define SELFSAME_TILE(n)          \
  if constexpr (kTile == n) {     \
    _tile_loadd(n, from, stride); \
  }
    SELFSAME_EACH_TILE(SELFSAME_TILE)
#undef SELFSAME_TILE
  }
  template <int kTile>
  void store(void* to, std::ptrdiff_t stride) const {
#define SELFSAME_TILE(n)         \
  if constexpr (kTile == n) {    \
    _tile_stored(n, to, stride); \
  }
    SELFSAME_EACH_TILE(SELFSAME_TILE)
#undef SELFSAME_TILE
  }
  template <int kAccumulator>
  void dot() {
    if constexpr (kAccumulator == 0) {
      _tile_dpbf16ps(0, 4, 6);
    } else if constexpr (kAccumulator == 1) {
      _tile_dpbf16ps(1, 4, 7);
    } else if constexpr (kAccumulator == 2) {
      _tile_dpbf16ps(2, 5, 6);
    } else {
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  static void round(bf16* to, const float* low, const float* high, const float* bias) {
    const __m512 first = _mm512_add_ps(_mm512_loadu_ps(low), _mm512_loadu_ps(bias));
    const __m512 second = _mm512_add_ps(_mm512_loadu_ps(high), _mm512_loadu_ps(bias + 16));
    const __m512bh rounded = _mm512_cvtne2ps_pbh(second, first);
    __builtin_memcpy(static_cast<void*>(to), &rounded, sizeof rounded);
  }
  static TileWords widen(const bf16* from) {
    return reinterpret_cast<TileWords>(
        _mm512_maskz_cvtepu16_epi32(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
  }
};
#endif

}  // namespace selfsame
