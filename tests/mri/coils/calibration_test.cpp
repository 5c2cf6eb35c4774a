// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/coils/complex_array.hpp"

namespace selfsame {
namespace {

SamplingMask columns(std::int64_t w, std::int64_t first, std::int64_t last) {
  SamplingMask mask{1, w, std::vector<std::uint8_t>(static_cast<std::size_t>(w))};
  for (std::int64_t x = first; x < last; ++x) {
    mask.sampled[static_cast<std::size_t>(x)] = 1;
  }
  return mask;
}

}  // namespace

TEST(Calibration, FindsTheColumnsOfTheCentre) {
  EXPECT_EQ(fully_sampled_centre(columns(180, 83, 97), 230, 24, 24), (CalibrationRegion{103, 83, 24, 14}));
  EXPECT_EQ(fully_sampled_centre(columns(180, 0, 180), 230, 24, 24), (CalibrationRegion{103, 78, 24, 24}));
  EXPECT_EQ(fully_sampled_centre(columns(7, 3, 4), 5, 100, 100), (CalibrationRegion{0, 3, 5, 1}));
  SamplingMask far = columns(20, 9, 12);
  far.sampled[2] = 1;  // does not touch the centre
  EXPECT_EQ(fully_sampled_centre(far, 8, 8, 8), (CalibrationRegion{0, 9, 8, 3}));
  EXPECT_EQ(far.count(), 4);
}

/// Against a search of all rectangles.
TEST(Calibration, FindsTheLargestRectangle) {
  for (std::uint32_t seed = 1; seed < 60; ++seed) {
    SamplingMask mask{6, 7, {}};
    std::uint32_t state = seed;
    for (int i = 0; i < 42; ++i) {
      state = state * 1664525u + 1013904223u;
      mask.sampled.push_back(state >> 24 < 200 ? 1 : 0);
    }
    mask.sampled[3 * 7 + 3] = 1;
    std::int64_t largest = 0;
    for (std::int64_t a = 0; a <= 3; ++a) {
      for (std::int64_t b = 4; b <= 6; ++b) {
        for (std::int64_t c = 0; c <= 3; ++c) {
          for (std::int64_t d = 4; d <= 7; ++d) {
            bool full = b - a <= 4 && d - c <= 5;
            for (std::int64_t y = a; y < b; ++y) {
              for (std::int64_t x = c; x < d; ++x) {
                full = full && mask.sampled[static_cast<std::size_t>(y * 7 + x)] != 0;
              }
            }
            largest = std::max(largest, full ? (b - a) * (d - c) : 0);
          }
        }
      }
    }
    const CalibrationRegion found = fully_sampled_centre(mask, 6, 4, 5);
    EXPECT_EQ(found.rows * found.columns, largest) << "seed " << seed << ": " << found.text();
    for (std::int64_t y = found.row; y < found.row + found.rows; ++y) {
      for (std::int64_t x = found.column; x < found.column + found.columns; ++x) {
        EXPECT_EQ(mask.sampled[static_cast<std::size_t>(y * 7 + x)], 1);
      }
    }
  }
}

TEST(Calibration, RefusesAMissingCentre) {
  SamplingMask mask = columns(10, 0, 5);
  try {
    static_cast<void>(fully_sampled_centre(mask, 4, 24, 24));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("(2, 5) of 4 x 10"), std::string::npos) << error.what();
  }
  mask.h = 2;
  EXPECT_THROW(static_cast<void>(fully_sampled_centre(mask, 4, 24, 24)), Error);
}

TEST(Calibration, ReadsTheRegionAndItsGramMatrix) {
  ComplexArray k({1, 2, 3, 4});
  for (std::size_t i = 0; i < k.values.size(); ++i) {
    k.values[i] = {static_cast<float>(i), static_cast<float>(i % 5)};
  }
  const auto data = calibration_data(k.view(), {1, 1, 2, 2});
  const std::vector<std::complex<double>> expected{{5, 0},  {6, 1},  {9, 4},  {10, 0},
                                                   {17, 2}, {18, 3}, {21, 1}, {22, 2}};
  EXPECT_EQ(data, expected);
  const auto gram = coil_gram(data, 2);
  std::complex<double> cross = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    cross += expected[4 + i] * std::conj(expected[i]);
  }
  EXPECT_EQ(gram[2], cross);
  EXPECT_EQ(gram[1], std::conj(cross));
  EXPECT_EQ(gram[0], std::complex<double>(25 + 37 + 97 + 100));

  EXPECT_THROW(static_cast<void>(calibration_data(k.view(), {2, 0, 2, 2})), Error);
  k.values[5] = {0, std::nanf("")};
  EXPECT_THROW(static_cast<void>(calibration_data(k.view(), {1, 1, 2, 2})), Error);
  EXPECT_NO_THROW(static_cast<void>(calibration_data(k.view(), {2, 1, 1, 2})));
  const ComplexArray zero({1, 2, 3, 4});
  EXPECT_THROW(static_cast<void>(calibration_data(zero.view(), {1, 1, 2, 2})), Error);
  EXPECT_EQ(sampled_where_not_zero(zero.view()).count(), 0);
  EXPECT_EQ(sampled_where_not_zero(k.view()).count(), 12);
}

}  // namespace selfsame
