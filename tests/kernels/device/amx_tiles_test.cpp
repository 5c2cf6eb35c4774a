// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/amx_tiles.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/isa.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr int kRowBytes = 64;

struct Matrices {
  std::vector<bf16> a = std::vector<bf16>(16 * 32), b = std::vector<bf16>(16 * 32);
  std::vector<float> c = std::vector<float>(16 * 16);
  explicit Matrices(std::uint64_t seed) {
    const RandomStream random(seed, RandomPurpose::kTest, 0, 0);
    std::uint64_t i = 0;
    for (auto* side : {&a, &b}) {
      for (bf16& v : *side) {
        v = to_bf16(random.normal(i++));
      }
    }
    for (float& v : c) {
      v = random.normal(i++);
    }
  }
};

std::vector<float> product(const Matrices& m, const TileConfig& config = {}) {
  EmulatedTiles tiles(config);
  tiles.load<3>(m.c.data(), kRowBytes);
  tiles.load<5>(m.a.data(), kRowBytes);
  tiles.load<7>(m.b.data(), kRowBytes);
  tiles.dot<3>();
  std::vector<float> out(16 * 16, -1.0f);
  tiles.store<3>(out.data(), kRowBytes);
  return out;
}

float a_at(const Matrices& m, int row, int k) {
  return to_float(m.a[static_cast<std::size_t>(row * 32 + k)]);
}
/// Element k of column n: pairs of rows lie in one row of the tile.
float b_at(const Matrices& m, int k, int n) {
  return to_float(m.b[static_cast<std::size_t>(k / 2 * 32 + 2 * n + k % 2)]);
}

TEST(AmxTiles, EvenAndOddElementsAreSummedApartByFusedMultiplyAdds) {
  const Matrices m(1);
  const std::vector<float> got = product(m);
  for (int row = 0; row < 16; ++row) {
    for (int n = 0; n < 16; ++n) {
      float even = 0, odd = 0;
      for (int k = 0; k < 32; k += 2) {
        even = std::fma(a_at(m, row, k), b_at(m, k, n), even);
        odd = std::fma(a_at(m, row, k + 1), b_at(m, k + 1, n), odd);
      }
      const auto at = static_cast<std::size_t>(row * 16 + n);
      EXPECT_EQ(got[at], m.c[at] + (even + odd)) << row << ", " << n;
    }
  }
}

TEST(AmxTiles, NumbersBelowTheSmallestNormalOneCountAsZero) {
  Matrices m(2);
  for (auto* side : {&m.a, &m.b}) {
    std::fill(side->begin(), side->end(), bf16{});
  }
  std::fill(m.c.begin(), m.c.end(), 1e-40f);  // subnormal: zero
  m.a[0] = {0x0040};                          // subnormal: zero, though 2^127 times it would be normal
  m.b[0] = {0x7f00};
  m.a[32] = {0x2000};  // row 1: 2^-63 * 2^-65, below the smallest normal one
  m.b[2] = {0x1f00};
  m.a[64] = {0x2000};  // row 2: 2^-63 * 2^-63 = 2^-126, the smallest normal one
  m.b[4] = {0x2000};
  m.a[96] = {
      0x2000};  // row 3: 2^-126 - 2^-150, below it although the nearest subnormal number is 2^-126 itself
  m.b[6] = {0x2000};
  m.a[98] = {0x1a00};
  m.b[32 + 6] = {0x9a00};
  const std::vector<float> got = product(m);
  EXPECT_EQ(got[0], 0.0f);
  EXPECT_EQ(got[16 + 1], 0.0f);
  EXPECT_EQ(got[32 + 2], std::numeric_limits<float>::min());
  EXPECT_EQ(got[48 + 3], 0.0f);
}

TEST(AmxTiles, InfinitiesAndNaNsGoTheirWay) {
  Matrices m(3);
  m.a[3 * 32 + 5] = to_bf16(std::numeric_limits<float>::quiet_NaN());
  m.a[4 * 32 + 6] = to_bf16(std::numeric_limits<float>::infinity());
  const std::vector<float> got = product(m);
  for (int n = 0; n < 16; ++n) {
    EXPECT_TRUE(std::isnan(got[static_cast<std::size_t>(3 * 16 + n)]));
    EXPECT_TRUE(std::isinf(got[static_cast<std::size_t>(4 * 16 + n)]));
    EXPECT_TRUE(std::isfinite(got[static_cast<std::size_t>(5 * 16 + n)]));
  }
}

TEST(AmxTiles, ASmallerTileHasZerosBeyondItsRowsAndColumns) {
  TileConfig config;
  config.rows[3] = config.rows[5] = 5;       // C, A: 5 rows
  config.colsb[5] = 24, config.rows[7] = 6;  // 12 elements, 6 rows of pairs
  config.colsb[3] = config.colsb[7] = 28;    // 7 columns
  const Matrices m(4);
  const std::vector<float> got = product(m, config);
  for (int row = 0; row < 16; ++row) {
    for (int n = 0; n < 16; ++n) {
      const auto at = static_cast<std::size_t>(row * 16 + n);
      if (row >= 5 || n >= 7) {
        EXPECT_EQ(got[at], -1.0f);  // not stored
        continue;
      }
      double want = static_cast<double>(m.c[at]);
      for (int k = 0; k < 12; ++k) {
        want += static_cast<double>(a_at(m, row, k)) * b_at(m, k, n);
      }
      EXPECT_NEAR(got[at], want, 2e-5);
    }
  }
}

TEST(AmxTiles, TilesThatDoNotMultiplyAreAnError) {
  TileConfig config;
  config.rows[7] = 8;  // 8 rows of pairs for 16 pairs of the left side
  EXPECT_THROW(product(Matrices(5), config), Error);
}

TEST(AmxTiles, AnyInstructionSetInTheEnvironmentHidesThem) {
  if (amx_available()) {
    EXPECT_TRUE(isa_available(Isa::kAvx512));
    EXPECT_EQ(std::getenv("SELFSAME_ISA"), nullptr);
  } else {
    GTEST_SKIP() << "this processor has no AMX with bf16, or SELFSAME_ISA hides it";
  }
}

}  // namespace
}  // namespace selfsame
