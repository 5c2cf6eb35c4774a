// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/montage.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {

TEST(Montage, PutsEveryImageInItsPlace) {
  const std::vector<std::vector<float>> images{{0, 1, 2, 8}, {1, 2, 3, 4}, {std::nanf(""), -1, 2, 2}};
  const std::vector<float> peaks{4, 4, 2};
  const Image out = montage(images, 1, 4, 2, peaks);
  ASSERT_EQ(out.height, 6);
  ASSERT_EQ(out.width, 12);
  const auto row = [&](int y, int x) {
    const auto first = out.pixels.begin() + y * out.width + x;
    return std::vector<float>(first, first + 4);
  };
  EXPECT_EQ(row(0, 0), (std::vector<float>{0, 0.25f, 0.5f, 1}));
  EXPECT_EQ(row(0, 8), (std::vector<float>{0.25f, 0.5f, 0.75f, 1}));
  EXPECT_EQ(row(5, 0), (std::vector<float>{0, 0, 1, 1}));
  EXPECT_EQ(row(5, 8), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(row(0, 4), (std::vector<float>{0, 0, 0, 0}));
}

TEST(Montage, RefusesWhatDoesNotFit) {
  const std::vector<float> one{1}, zero{0};
  EXPECT_THROW(static_cast<void>(montage({}, 1, 1, 1, {})), Error);
  EXPECT_THROW(static_cast<void>(montage({{1, 2}}, 1, 1, 1, one)), Error);
  EXPECT_THROW(static_cast<void>(montage({{1}}, 1, 1, 1, zero)), Error);
}

}  // namespace selfsame
