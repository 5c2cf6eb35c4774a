// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/sampling.hpp"

#include <gtest/gtest.h>

namespace selfsame {
namespace {

TEST(SamplingMask, CountsAndHasAFingerprint) {
  SamplingMask mask;
  mask.w = 9;
  for (const char c : {'1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
    mask.sampled.push_back(static_cast<std::uint8_t>(c));
  }
  EXPECT_EQ(mask_crc32(mask), 0xCBF43926u);  // the check value of the CRC catalogue
  EXPECT_EQ(mask.count(), 9);
  mask.sampled = {1, 0, 0, 1, 0, 0, 0, 0, 1};
  EXPECT_EQ(mask.count(), 3);
}

TEST(DescribeFrequencies, NamesColumnsAndPlaces) {
  SamplingLaw columns;
  columns.w = 30;
  EXPECT_EQ(describe_frequencies(columns, std::vector<std::int64_t>{}, "odd"), "");
  EXPECT_EQ(describe_frequencies(columns, std::vector<std::int64_t>{7}, "odd"), "1 of 30 columns is odd: 7");
  const std::vector<std::int64_t> many{0, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(describe_frequencies(columns, many, "odd"),
            "9 of 30 columns are odd: 0, 1, 2, 3, 4, 5, 6, 7, ...");
  SamplingLaw plane;
  plane.h = 3;
  plane.w = 4;
  EXPECT_EQ(describe_frequencies(plane, std::vector<std::int64_t>{0, 6}, "odd"),
            "2 of 12 frequencies are odd: (0, 0), (1, 2)");
}

}  // namespace
}  // namespace selfsame
