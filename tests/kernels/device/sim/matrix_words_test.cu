// SPDX-License-Identifier: Apache-2.0
// ldmatrix and mma against double loops, with random values.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/device/gpu/gpu.cuh"
#include "tests/kernels/device/sim/sim_test.hpp"

namespace selfsame::SELFSAME_GPU {
namespace {

std::vector<float> random_values(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& v : values) {
    v = normal(generator);
  }
  return values;
}

/// Stores the fragment of a 16x8 product.
__device__ void store_tile(float* y, const float (&d)[4]) {
  const int group = lane_id() / 4, column = 2 * (lane_id() % 4);
  for (int i = 0; i < 4; ++i) {
    y[(group + i / 2 * 8) * 8 + column + i % 2] = d[i];
  }
}

/// y (16x8) = a (16x16, by rows) * b (16x8, by rows): a by ldmatrix, b by its transposed form.
__global__ void bf16_product_kernel(float* y, const bf16* a, const bf16* b) {
  SELFSAME_SHARED(bf16, a_tile, [16][24]);
  SELFSAME_SHARED(bf16, b_tile, [16][8]);
  const int lane = lane_id();
  for (int i = lane; i < 256; i += 32) {
    a_tile[i / 16][i % 16] = a[i];
  }
  for (int i = lane; i < 128; i += 32) {
    b_tile[i / 8][i % 8] = b[i];
  }
  sync_warp();

  unsigned fa[4], fb[2];
  load_matrix_x4(fa, &a_tile[lane % 16][lane / 16 * 8]);
  load_matrix_x2_transposed(fb, &b_tile[lane % 16][0]);
  float d[4] = {};
  mma_bf16(d, fa, fb);
  mma_bf16(d, fa, fb);
  store_tile(y, d);
}

/// The same with b by columns, (8x16), which needs no transposition, and both halves of b with one x4 load.
__global__ void bf16_columns_kernel(float* y, const bf16* a, const bf16* b) {
  SELFSAME_SHARED(bf16, a_tile, [16][16]);
  SELFSAME_SHARED(bf16, b_tile, [8][16]);
  const int lane = lane_id();
  for (int i = lane; i < 256; i += 32) {
    a_tile[i / 16][i % 16] = a[i];
  }
  for (int i = lane; i < 128; i += 32) {
    b_tile[i / 16][i % 16] = b[i];
  }
  sync_threads();

  unsigned fa[4], fb[2];
  load_matrix_x4(fa, &a_tile[lane % 16][lane / 16 * 8]);
  load_matrix_x2(fb, lane < 16 ? &b_tile[lane % 8][lane / 8 * 8] : nullptr);
  float d[4] = {};
  mma_bf16(d, fa, fb);
  store_tile(y, d);
}

/// y (16x8) = a (16x8) * b (8x8), both by rows.
__global__ void tf32_product_kernel(float* y, const float* a, const float* b, bool rounded) {
  const int group = lane_id() / 4, column = lane_id() % 4;
  unsigned fa[4], fb[2];
  for (int i = 0; i < 4; ++i) {
    const float v = a[(group + i % 2 * 8) * 8 + column + i / 2 * 4];
    fa[i] = rounded ? to_tf32(v) : __builtin_bit_cast(unsigned, v);
  }
  for (int i = 0; i < 2; ++i) {
    const float v = b[(column + 4 * i) * 8 + group];
    fb[i] = rounded ? to_tf32(v) : __builtin_bit_cast(unsigned, v);
  }
  float d[4] = {};
  mma_tf32(d, fa, fb);
  store_tile(y, d);
}

/// Matrix j of four holds 64 * j + 8 * row + column.
__global__ void ldmatrix_layout_kernel(unsigned* plain, unsigned* transposed) {
  SELFSAME_SHARED(bf16, tiles, [4][8][8]);
  for (int i = lane_id(); i < 256; i += 32) {
    tiles[i / 64][i / 8 % 8][i % 8].bits = static_cast<std::uint16_t>(i);
  }
  sync_warp();
  unsigned r[4];
  load_matrix_x4(r, &tiles[lane_id() / 8][lane_id() % 8][0]);
  for (int j = 0; j < 4; ++j) {
    plain[lane_id() * 4 + j] = r[j];
  }
  load_matrix_x4_transposed(r, &tiles[lane_id() / 8][lane_id() % 8][0]);
  for (int j = 0; j < 4; ++j) {
    transposed[lane_id() * 4 + j] = r[j];
  }
}

std::vector<bf16> to_bf16s(const std::vector<float>& values) {
  std::vector<bf16> result;
  for (const float v : values) {
    result.push_back(to_bf16(v));
  }
  return result;
}

/// max |y - a * b| over a 16x8 tile, where b(k, n) is given by a function.
template <typename A, typename B>
double largest_difference(const std::vector<float>& y, int depth, double factor, const A& a, const B& b) {
  double largest = 0;
  for (int m = 0; m < 16; ++m) {
    for (int n = 0; n < 8; ++n) {
      double sum = 0;
      for (int k = 0; k < depth; ++k) {
        sum += factor * a(m, k) * b(k, n);
      }
      largest = std::max(largest, std::abs(sum - y[static_cast<std::size_t>(m * 8 + n)]));
    }
  }
  return largest;
}

class SimulatedMatrix : public testing::Test {
 protected:
  Stream stream_{DeviceKind::kSimulated, 1};
};

TEST_F(SimulatedMatrix, LoadsHaveTheLayoutOfTheManual) {
  const DeviceArray<unsigned> plain(stream_, 128), transposed(stream_, 128);
  launch("ldmatrix", ldmatrix_layout_kernel, {{1}, {32}}, stream_, plain.data(), transposed.data());
  const std::vector<unsigned> p = plain.values(), t = transposed.values();
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned j = 0; j < 4; ++j) {
      const unsigned row = 64 * j + 8 * (lane / 4) + 2 * (lane % 4);
      EXPECT_EQ(p[lane * 4 + j], row | (row + 1) << 16);
      const unsigned first = 64 * j + 8 * (2 * (lane % 4)) + lane / 4;
      EXPECT_EQ(t[lane * 4 + j], first | (first + 8) << 16);
    }
  }
}

TEST_F(SimulatedMatrix, ProductsOfBf16AgreeWithDouble) {
  const std::vector<bf16> a = to_bf16s(random_values(256, 1)), b = to_bf16s(random_values(128, 2));
  const DeviceArray<bf16> device_a(stream_, a), device_b(stream_, b);
  const DeviceArray<float> y(stream_, 128);
  const auto a_at = [&](int m, int k) { return double{to_float(a[static_cast<std::size_t>(m * 16 + k)])}; };
  launch("bf16", bf16_product_kernel, {{1}, {32}}, stream_, y.data(), device_a.data(), device_b.data());
  EXPECT_LT(largest_difference(
                y.values(), 16, 2, a_at,
                [&](int k, int n) { return double{to_float(b[static_cast<std::size_t>(k * 8 + n)])}; }),
            32 * 16 * 0x1p-24);
  launch("bf16_columns", bf16_columns_kernel, {{1}, {32}}, stream_, y.data(), device_a.data(),
         device_b.data());
  EXPECT_LT(largest_difference(
                y.values(), 16, 1, a_at,
                [&](int k, int n) { return double{to_float(b[static_cast<std::size_t>(n * 16 + k)])}; }),
            16 * 16 * 0x1p-24);
}

TEST_F(SimulatedMatrix, ProductsOfTf32AgreeWithDouble) {
  const std::vector<float> a = random_values(128, 3), b = random_values(64, 4);
  const DeviceArray<float> device_a(stream_, a), device_b(stream_, b), y(stream_, 128);
  for (const bool rounded : {true, false}) {
    launch("tf32", tf32_product_kernel, {{1}, {32}}, stream_, y.data(), device_a.data(), device_b.data(),
           rounded);
    const auto taken = [&](float v) {
      const auto bits = std::bit_cast<std::uint32_t>(v);
      return double{std::bit_cast<float>(rounded ? to_tf32(v) : bits & 0xffffe000u)};
    };
    EXPECT_LT(
        largest_difference(
            y.values(), 8, 1, [&](int m, int k) { return taken(a[static_cast<std::size_t>(m * 8 + k)]); },
            [&](int k, int n) { return taken(b[static_cast<std::size_t>(k * 8 + n)]); }),
        16 * 8 * 0x1p-24)
        << rounded;
    // Against the floats themselves the error is that of 10 bits, not of 23.
    EXPECT_GT(
        largest_difference(
            y.values(), 8, 1, [&](int m, int k) { return double{a[static_cast<std::size_t>(m * 8 + k)]}; },
            [&](int k, int n) { return double{b[static_cast<std::size_t>(k * 8 + n)]}; }),
        1e-5);
  }
}

TEST(SimulatedTf32, RoundsToNearestWithTiesAwayFromZero) {
  const auto rounded = [](float v) { return std::bit_cast<float>(to_tf32(v)); };
  EXPECT_EQ(rounded(1.0f), 1.0f);
  EXPECT_EQ(rounded(1.0f + 0x1p-11f), 1.0f + 0x1p-10f);    // a tie
  EXPECT_EQ(rounded(-1.0f - 0x1p-11f), -1.0f - 0x1p-10f);  // also away
  EXPECT_EQ(rounded(1.0f + 0x1p-11f - 0x1p-23f), 1.0f);
  EXPECT_EQ(rounded(std::numeric_limits<float>::max()), std::numeric_limits<float>::infinity());
  EXPECT_EQ(rounded(-std::numeric_limits<float>::infinity()), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_EQ(rounded(0x1p-140f), 0x1p-140f - std::fmod(0x1p-140f, 0x1p-136f));
}

}  // namespace
}  // namespace selfsame::SELFSAME_GPU
