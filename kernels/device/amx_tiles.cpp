// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/amx_tiles.hpp"

#include <cmath>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::uint32_t kExponent = 0x7f800000u, kSign = 0x80000000u;

/// A number below the smallest normal one becomes zero of its sign.
float flushed(float v) {
  const auto bits = __builtin_bit_cast(std::uint32_t, v);
  return __builtin_bit_cast(float, (bits & kExponent) == 0 ? bits & kSign : bits);
}

float element(std::uint16_t bits) {
  return flushed(__builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16));
}

/// a * b + c rounded once: the product of two bf16 is exact in double, and so is the sum, or else the smaller
/// term is too small to decide how the larger one rounds. Tiny is what is below 2^-126 after rounding to 24
/// bits with any exponent, as x86 decides it, not what lies on the grid of subnormal numbers.
float multiply_add(float a, float b, float c) {
  const double exact = static_cast<double>(a) * b + c;
  return std::fabs(exact) < 0x1.ffffffp-127 ? std::copysign(0.0f, static_cast<float>(exact))
                                            : static_cast<float>(exact);
}

}  // namespace

void EmulatedTiles::multiply(int c, int a, int b) {
  const int rows = config_.rows[c], columns = config_.colsb[c] / 4, pairs = config_.colsb[a] / 4;
  SELFSAME_CHECK(config_.palette == 1 && config_.rows[a] == rows && config_.rows[b] == pairs &&
                     config_.colsb[b] == config_.colsb[c] && rows <= 16 && pairs <= 16 && columns <= 16,
                 "tiles of {} x {}, {} x {} and {} x {} bytes do not multiply", config_.rows[a],
                 config_.colsb[a], config_.rows[b], config_.colsb[b], rows, config_.colsb[c]);
  std::uint16_t left[32], right[32];
  float sums[16], even[16], odd[16];
  for (int m = 0; m < rows; ++m) {
    for (int n = 0; n < columns; ++n) {
      even[n] = odd[n] = 0;
    }
    std::memcpy(left, tiles_[a].bytes + m * 64, sizeof left);
    for (int k = 0; k < pairs; ++k) {
      std::memcpy(right, tiles_[b].bytes + k * 64, sizeof right);
      const float first = element(left[2 * k]), second = element(left[2 * k + 1]);
      for (int n = 0; n < columns; ++n) {
        even[n] = multiply_add(first, element(right[2 * n]), even[n]);
        odd[n] = multiply_add(second, element(right[2 * n + 1]), odd[n]);
      }
    }
    std::memcpy(sums, tiles_[c].bytes + m * 64, sizeof sums);
    for (int n = 0; n < columns; ++n) {
      sums[n] = flushed(flushed(sums[n]) + flushed(even[n] + odd[n]));
    }
    std::memcpy(tiles_[c].bytes + m * 64, sums, sizeof sums);
  }
}

void EmulatedTiles::round(bf16* to, const float* low, const float* high, const float* bias) {
  for (int i = 0; i < 16; ++i) {
    to[i] = to_bf16(flushed(low[i] + bias[i]));
    to[16 + i] = to_bf16(flushed(high[i] + bias[16 + i]));
  }
}

}  // namespace selfsame
