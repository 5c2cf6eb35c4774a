// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/wavelet.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kernels/base/error.hpp"
#include "tests/mri/recon/small_sense.hpp"

namespace selfsame {
namespace {

using small_sense::at;
using small_sense::Complex;
using small_sense::random_vector;
using small_sense::Vector;

struct Case {
  std::int64_t h, w;
  int levels;
};
const Case kCases[] = {{8, 8, 3}, {1, 16, 2}, {7, 5, 3}, {13, 1, 4}, {2, 2, 1}, {3, 2, 2}, {23, 18, 2}};

}  // namespace

TEST(Wavelet, IsOrthonormal) {
  for (const WaveletFamily family : {WaveletFamily::kHaar, WaveletFamily::kDaubechies4}) {
    for (const Case& c : kCases) {
      const OrthogonalWavelet<double> wavelet(c.h, c.w, family, c.levels);
      const std::size_t n = at(c.h * c.w);
      const OrthogonalWavelet<double>::Shift shift{c.h / 2, c.w / 3};
      // The columns of the transform, one unit vector after the other.
      std::vector<Vector> columns;
      for (std::size_t i = 0; i < n; ++i) {
        Vector unit(n), column(n);
        unit[i] = 1;
        wavelet.forward(column, unit, shift);
        columns.push_back(column);
        Vector back(n);
        wavelet.inverse(back, column, shift);
        EXPECT_LE(small_sense::distance(back, unit), 1e-14 * c.levels * 4);
      }
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          Complex dot = 0;
          for (std::size_t k = 0; k < n; ++k) {
            dot += std::conj(columns[i][k]) * columns[j][k];
          }
          EXPECT_NEAR(std::abs(dot - Complex(i == j)), 0, 1e-14 * c.levels * 4)
              << c.h << " x " << c.w << ", columns " << i << ", " << j;
        }
      }
    }
  }
}

TEST(Wavelet, HaarOfFourIsKnown) {
  const OrthogonalWavelet<double> wavelet(1, 4, WaveletFamily::kHaar, 2);
  Vector c(4);
  wavelet.forward(c, Vector{1, 2, 3, 6}, {});
  const double expected[] = {6, -3, -std::sqrt(0.5), -3 * std::sqrt(0.5)};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(std::abs(c[i] - expected[i]), 0, 1e-15);
  }
}

TEST(Wavelet, DaubechiesHasTwoVanishingMoments) {
  const OrthogonalWavelet<double> wavelet(1, 32, WaveletFamily::kDaubechies4, 1);
  Vector ramp, c(32);
  for (int i = 0; i < 32; ++i) {
    ramp.emplace_back(3 + 2 * i, -i);
  }
  wavelet.forward(c, ramp, {});
  for (std::size_t i = 16; i < 31; ++i) {  // the last one goes round the edge
    EXPECT_NEAR(std::abs(c[i]), 0, 1e-13);
  }
  EXPECT_GT(std::abs(c[31]), 1);
}

TEST(Wavelet, ThresholdIsTheProximalMapOfTheDetails) {
  const OrthogonalWavelet<double> wavelet(6, 9, WaveletFamily::kDaubechies4, 1);
  const Vector c = random_vector(54, 1);
  Vector p = c;
  wavelet.soft_threshold(p, 0.7);
  double sum = 0;
  for (std::int64_t i = 0; i < 54; ++i) {
    const Complex z = c[at(i)], x = p[at(i)];
    if (i / 9 < wavelet.coarse_h() && i % 9 < wavelet.coarse_w()) {
      EXPECT_EQ(x, z);
    } else if (x == 0.0) {
      EXPECT_LE(std::abs(z), 0.7);
      sum += std::abs(z);
    } else {  // z - x = 0.7 x / |x|
      EXPECT_NEAR(std::abs(z - x - 0.7 * x / std::abs(x)), 0, 1e-14);
      sum += std::abs(z);
    }
  }
  EXPECT_NEAR(wavelet.detail_norm(c), sum, 1e-12);
}

TEST(Wavelet, LevelsLeaveACoarseImageOfSixteen) {
  const OrthogonalWavelet<float> brain(230, 180, WaveletFamily::kHaar, 0);
  EXPECT_EQ(brain.levels(), 3);
  EXPECT_EQ(brain.coarse_h(), 29);
  EXPECT_EQ(brain.coarse_w(), 23);
  EXPECT_EQ(OrthogonalWavelet<float>(20, 20, WaveletFamily::kHaar, 0).levels(), 0);
  EXPECT_THROW(OrthogonalWavelet<float>(4, 4, WaveletFamily::kHaar, 3), Error);
  EXPECT_THROW(OrthogonalWavelet<float>(4, 4, WaveletFamily::kHaar, -1), Error);
}

TEST(Wavelet, ShiftsCoverTheBlock) {
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (int i = 0; i < 256; ++i) {
    const WaveletShift s = cycle_shift(i, 8);
    EXPECT_TRUE(s.y >= 0 && s.y < 8 && s.x >= 0 && s.x < 8);
    seen.insert({s.y, s.x});
  }
  EXPECT_EQ(seen.size(), 64u);
  EXPECT_EQ(cycle_shift(0, 8).y, 0);
}

}  // namespace selfsame
